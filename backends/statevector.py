"""The ``statevector`` backend: the exact engine itself, without Aer's overhead."""

from collections.abc import Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.base import Backend, CostEstimate
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.backends.local_estimator import ExactEstimator, Reals
from qkdrp.backends.qnn.networks import EngineQNN
from qkdrp.circuits import PQC, compile_program


class Statevector(Backend, ExactEstimator):
    """Exact values and gradients; also an ``EstimatorV2`` of its own."""

    name = "statevector"

    @property
    def estimator(self) -> BaseEstimatorV2:
        """The backend itself."""
        return self

    def qnn(self, pqc: PQC, label: str = "") -> EngineQNN:  # noqa: ARG002
        """Return an ``EstimatorQNN`` that evaluates the circuit's Pauli program."""
        return EngineQNN(pqc, self, self.usage)

    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:  # noqa: ARG002
        """Return one execution per sample, no PUB."""
        return CostEstimate(pubs=0, executions=n_samples, shots=0)

    def check(self, pqc: PQC) -> None:
        """Take any circuit of gates; others are named when their QNN is made."""

    def evaluate(
        self, circuit: QuantumCircuit, points: Reals, observables: Sequence[SparsePauliOp]
    ) -> tuple[Reals, Reals]:
        """Return exact values, shape (n_points, n_observables), and zeros.

        Raises:
            CircuitError: If the Pauli program does not support the circuit or an observable.
        """
        program = compile_program(circuit, observables, list(circuit.parameters), [])
        found = ExactEngine(program).values(points, np.empty(0))
        return np.asarray(found, dtype=np.float64), np.zeros(found.shape)
