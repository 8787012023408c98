"""The ``aer_exact`` backend: Aer's state vectors, adjoint gradients."""

from collections.abc import Sequence

import numpy as np
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction
from qiskit.circuit.library import UnitaryGate
from qiskit.primitives import BaseEstimatorV2
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

from qkdrp.backends.aer import is_bound_by_aer, saved
from qkdrp.backends.base import Backend, CostEstimate
from qkdrp.backends.local_estimator import ExactEstimator, Reals
from qkdrp.backends.qnn.networks import AdjointQNN
from qkdrp.backends.usage import Usage
from qkdrp.backends.zstrings import eigenvalues, has_only_z
from qkdrp.circuits import PQC, expand_gates

MOST_PROBABILITIES = 12
"""Qubits up to which Z strings are read from probabilities, which takes two thirds of the time."""


class AerEstimator(ExactEstimator):
    """Exact expectation values from Aer's state vectors.

    Aer's own ``EstimatorV2`` saves, and hands to Python, one number for each point and observable;
    here a point saves its probabilities once, where all observables are Z strings. Gates that Aer
    does not know, or whose parameters it does not bind, are replaced by their definitions.

    Args:
        threads: Of Aer, one for each point.
        usage: The totals to add to.
    """

    def __init__(self, threads: int, usage: Usage) -> None:
        self.usage = usage
        # Aer binds the parameters: binding them in Python takes longer than the simulation.
        self.simulator = AerSimulator(
            method="statevector",
            max_parallel_threads=threads,
            max_parallel_experiments=threads,
            runtime_parameter_bind_enable=True,
        )
        self._names = frozenset(self.simulator.configuration().basis_gates)

    def evaluate(
        self, circuit: QuantumCircuit, points: Reals, observables: Sequence[SparsePauliOp]
    ) -> tuple[Reals, Reals]:
        """Return exact values, shape (n_points, n_observables), and zeros.

        Raises:
            UnsupportedGateError: If the circuit holds anything but gates; names it.
        """
        expanded = expand_gates(circuit, self._runs)
        points = points[:, [each in expanded.parameters for each in circuit.parameters]]
        narrow = circuit.num_qubits <= MOST_PROBABILITIES and all(map(has_only_z, observables))
        read = self._from_probabilities if narrow else self._one_by_one
        found = read(expanded.copy(), points, observables)
        return found, np.zeros(found.shape)

    def _from_probabilities(
        self, saving: QuantumCircuit, points: Reals, observables: Sequence[SparsePauliOp]
    ) -> Reals:
        """Return values of Z strings from the probabilities of bit strings."""
        n_qubits = saving.num_qubits
        saving.save_probabilities(range(n_qubits))
        shares = np.array([d["probabilities"] for d in saved(self.simulator, saving, points)])
        worth = np.stack([eigenvalues(each) for each in observables], axis=1)
        return np.asarray(shares.reshape(-1, 1 << n_qubits) @ worth)

    def _one_by_one(
        self, saving: QuantumCircuit, points: Reals, observables: Sequence[SparsePauliOp]
    ) -> Reals:
        """Return values that Aer computes for each observable."""
        labels = [str(index) for index in range(len(observables))]
        for label, observable in zip(labels, observables, strict=True):
            saving.save_expectation_value(observable, range(saving.num_qubits), label=label)
        data = saved(self.simulator, saving, points)
        found = np.array([[each[label] for label in labels] for each in data])
        return found.reshape(-1, len(labels))

    def _runs(self, instruction: CircuitInstruction) -> bool:
        """Tell whether Aer applies a gate, and binds its parameters."""
        if not instruction.is_standard_gate():
            return isinstance(instruction.operation, UnitaryGate)
        return instruction.name in self._names and is_bound_by_aer(instruction)


class AerExact(Backend):
    """Exact values from ``qiskit-aer``, one broadcast PUB per batch at precision 0.

    Aer gets as many threads as torch has when the backend is made.
    """

    name = "aer_exact"

    def __init__(self) -> None:
        super().__init__()
        self._estimator = AerEstimator(torch.get_num_threads(), self.usage)

    @property
    def estimator(self) -> BaseEstimatorV2:
        """The estimator over Aer, counted."""
        return self._estimator

    def qnn(self, pqc: PQC, label: str = "") -> AdjointQNN:  # noqa: ARG002
        """Return an ``EstimatorQNN`` with Aer's values and the adjoint engine's gradients."""
        return AdjointQNN(pqc, self.estimator)

    def check(self, pqc: PQC) -> None:
        """Take any circuit of gates; others are named when their QNN is made."""

    @property
    def quicker(self) -> str:
        """What trains more quickly than Aer."""
        return "--backend statevector gives the same numbers in a fraction of the time"

    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:  # noqa: ARG002
        """Return one PUB for all samples, one execution each."""
        return CostEstimate(pubs=1, executions=n_samples, shots=0)
