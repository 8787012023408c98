"""Aer under noise: distributions, expectation values and shots of prepared circuits."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Operation
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import ReadoutError

from qkdrp.backends.aer import saved
from qkdrp.backends.choices import Method
from qkdrp.backends.isa.basis_change import turned_to
from qkdrp.backends.noise.local import LocalNoise
from qkdrp.backends.noise.pace import Pace
from qkdrp.backends.noise.pauli_values import PauliValues
from qkdrp.backends.noise.readout import assign, draw, mean_and_spread, read_out
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.zstrings import eigenvalues
from qkdrp.circuits import PQC
from qkdrp.circuits.pauli.bases import Basis, find_bases

MOST_KEPT = 8
"""Circuits whose Pauli programs are kept; making one of thousands of gates takes seconds."""

Reals = NDArray[np.float64]

OnDone = Callable[[int], None]
"""Called with a number of points when so many more are done."""


def _ignore(_: int) -> None:
    """Take no notice."""


@cache
def _known_gates(state: str) -> frozenset[str]:
    """Return the gates that Aer applies to one of its kinds of states."""
    return frozenset(AerSimulator(method=state).configuration().basis_gates)


class NoisySimulator:
    """Evaluates circuits on the same few qubits.

    The noise model holds the errors of these qubits only: with all errors of a device, Aer is 30
    times slower. Each point has a thread of its own and its parameters bound in Python: Aer's own
    binding takes some five times longer for density matrices of 8 qubits. Seeds are drawn for each
    run, since Aer repeats its noise for equal seeds.

    Args:
        noise: The noise on the qubits.
        sampling: How values are found.
        rng: Where all randomness comes from.
    """

    def __init__(self, noise: LocalNoise, sampling: Sampling, rng: np.random.Generator) -> None:
        self.noise, self.sampling, self.rng = noise, sampling, rng
        self.method = sampling.method_for(len(noise.assignment))
        self._pauli_values: list[PauliValues] = []
        state = "density_matrix" if self.method == Method.DENSITY else "statevector"
        self._known = _known_gates(state)
        threads = torch.get_num_threads()
        self._pace = Pace(threads)
        model = noise.model()
        if self.method == Method.TRAJECTORIES and sampling.shots:
            for qubit, matrix in enumerate(noise.assignment):
                model.add_readout_error(ReadoutError(matrix.T), [qubit])
        self._aer = AerSimulator(
            method=state,
            noise_model=model,
            max_parallel_threads=threads,
            max_parallel_experiments=threads,
        )

    def evaluate(
        self,
        circuit: QuantumCircuit,
        points: Reals,
        observables: Sequence[SparsePauliOp],
        on_done: OnDone = _ignore,
    ) -> tuple[Reals, Reals]:
        """Return values of observables and their standard errors, readout errors included.

        Each measurement basis is an execution of its own, whose change of basis has noise, too.

        Args:
            circuit: Without measurements.
            points: Parameters in the circuit's order, shape (n_points, n_parameters).
            observables: Pauli sums on the circuit's qubits.
            on_done: Called while points are being evaluated.

        Returns:
            Two arrays of shape (n_points, n_observables); errors are 0 where values are exact.
        """
        bases = find_bases(observables)
        if self.method_of(circuit) == Method.PAULI:
            return self._pauli_values_of(circuit, observables).evaluate(
                points,
                self.sampling.trajectories_of(Method.PAULI),
                self.rng,
                lambda n_points: on_done(n_points * len(bases)),
            )
        means = np.zeros((len(points), len(observables)))
        errors = np.zeros_like(means)
        for basis in bases:
            turned, read = self.turned_to(circuit, basis), list(basis.parts)
            found, spread = self._read(turned, points, list(basis.parts.values()), on_done)
            means[:, read] += found
            errors[:, read] = np.hypot(errors[:, read], spread)
        return means, errors

    def make_ready(self, circuit: QuantumCircuit, observables: Sequence[SparsePauliOp]) -> None:
        """Do what is done once for a circuit, so that the pace of points is known afterwards."""
        if self.method_of(circuit) == Method.PAULI:
            self._pauli_values_of(circuit, observables)

    def method_of(self, circuit: QuantumCircuit) -> Method:
        """Return how values of a circuit are found."""
        n_gates = 0 if self.sampling.method != Method.AUTO else circuit.size()
        if self.sampling.method_for(circuit.num_qubits, n_gates, pauli=True) != Method.PAULI:
            return self.method  # which needs no look at the noise
        return self.sampling.method_for(circuit.num_qubits, n_gates, pauli=self.noise.is_pauli)

    def _pauli_values_of(
        self, circuit: QuantumCircuit, observables: Sequence[SparsePauliOp]
    ) -> PauliValues:
        """Return what evaluates a circuit by Pauli trajectories; that of the last ones is kept."""
        asked = tuple(observables)
        for known in self._pauli_values:
            if known.pqc.circuit is circuit and known.pqc.observables == asked:
                return known
        pqc = PQC(circuit, tuple(circuit.parameters), (), asked)
        self._pauli_values = [*self._pauli_values[1 - MOST_KEPT :], PauliValues(pqc, self.noise)]
        return self._pauli_values[-1]

    def turned_to(self, circuit: QuantumCircuit, basis: Basis) -> QuantumCircuit:
        """Return a circuit with the change of basis that is due before its qubits are read."""
        return turned_to(circuit, basis, self.noise.gates)

    def _read(
        self,
        circuit: QuantumCircuit,
        points: Reals,
        observables: Sequence[SparsePauliOp],
        on_done: OnDone,
    ) -> tuple[Reals, Reals]:
        """Return values of Z strings and their standard errors, from one execution."""
        worth = [eigenvalues(observable) for observable in observables]
        shots = self.sampling.shots
        if self.method == Method.DENSITY:
            shares = assign(self.distributions(circuit, points, on_done), self.noise.assignment)
            if shots:
                shares = draw(shares, shots, self.rng)
            return mean_and_spread(shares, worth, shots)
        if shots:
            return mean_and_spread(self._measure(circuit, points, on_done), worth, shots)
        return self._average(circuit, points, observables, on_done)

    def distributions(
        self, circuit: QuantumCircuit, points: Reals, on_done: OnDone = _ignore
    ) -> Reals:
        """Return the probabilities of true bit strings, without errors of readout.

        Args:
            circuit: Without measurements.
            points: Parameters in the circuit's order, shape (n_points, n_parameters).
            on_done: Called while points are being evaluated.

        Returns:
            Shape (n_points, 2^n_qubits); from density matrices only.
        """
        saving = self.noise.to_be_read(circuit)
        saving.save_probabilities(range(circuit.num_qubits))
        return np.array([data["probabilities"] for data in self._run(saving, points, on_done)])

    def _measure(self, circuit: QuantumCircuit, points: Reals, on_done: OnDone) -> Reals:
        """Return the shares of bit strings read, one trajectory for each shot."""
        measuring = self.noise.to_be_read(circuit)
        measuring.measure_all()
        shares = np.zeros((len(points), 1 << circuit.num_qubits))
        for row, data in zip(
            shares, self._run(measuring, points, on_done, shots=self.sampling.shots), strict=True
        ):
            for string, count in data["counts"].items():
                row[int(string, 16)] = count / self.sampling.shots
        return shares

    def _average(
        self,
        circuit: QuantumCircuit,
        points: Reals,
        observables: Sequence[SparsePauliOp],
        on_done: OnDone,
    ) -> tuple[Reals, Reals]:
        """Return means over trajectories and their standard errors."""
        saving = self.noise.to_be_read(circuit)
        for index, observable in enumerate(observables):
            saving.save_expectation_value(
                read_out(observable, self.noise.assignment),
                range(circuit.num_qubits),
                label=str(index),
                pershot=True,
            )
        count = self.sampling.trajectories_of(self.method)
        found = np.array(
            [
                [data[str(index)] for index in range(len(observables))]
                for data in self._run(saving, points, on_done, shots=count)
            ]
        )
        return found.mean(axis=2), found.std(axis=2, ddof=1) / np.sqrt(count)

    def _run(
        self, circuit: QuantumCircuit, points: Reals, on_done: OnDone, shots: int = 1
    ) -> list[dict[str, Any]]:
        """Return what Aer saved at each point."""
        strange = any(self._is_strange(each.operation) for each in circuit.data)
        if not len(circuit.parameters):
            known = self._as_matrices(circuit)
            found = saved(self._aer, known, points, shots=shots, seed_simulator=self._seed())
            on_done(len(points))
            return found
        if self.method == Method.DENSITY and not strange:
            return self._run_together(self._as_matrices(circuit), points, on_done, shots)
        found = []
        for point in points:
            bound = self._as_matrices(circuit.assign_parameters(point))
            none = np.empty((1, 0))
            found += saved(self._aer, bound, none, shots=shots, seed_simulator=self._seed())
            on_done(1)
        return found

    def _run_together(
        self, circuit: QuantumCircuit, points: Reals, on_done: OnDone, shots: int
    ) -> list[dict[str, Any]]:
        """Return what Aer saved at each point, pieces of them at once.

        Nothing is random in a density matrix, so the pieces change no value.
        """
        seed, found = self._seed(), list[dict[str, Any]]()
        for piece in self._pace.pieces(len(points)):
            found += saved(self._aer, circuit, points[piece], shots=shots, seed_simulator=seed)
            on_done(len(points[piece]))
        return found

    def _is_strange(self, operation: Operation) -> bool:
        """Tell whether an operation is a gate that Aer does not know."""
        return isinstance(operation, Gate) and operation.name not in self._known

    def _as_matrices(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Return a circuit without parameters whose gates are known to Aer.

        Those that are not are matrices with the gate's name as label, by which noise finds them.
        """
        found = circuit.copy_empty_like()
        for each in circuit.data:
            gate = each.operation
            if self._is_strange(gate):
                gate = UnitaryGate(gate.to_matrix(), label=gate.name)
            found.append(gate, each.qubits, each.clbits)
        return found

    def _seed(self) -> int:
        return int(self.rng.integers(2**31))
