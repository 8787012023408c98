"""Noise on the few qubits of a prepared circuit: errors after gates and of readout."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import IGate
from qiskit_aer.noise import NoiseModel, QuantumError

from qkdrp.backends.noise.twirl import is_pauli, pauli_probabilities, twirl
from qkdrp.circuits.instructions import qubits_of
from qkdrp.common.errors import BackendError

GateErrors = Mapping[tuple[str, tuple[int, ...]], QuantumError]
"""The error after each gate, by name and qubits of the prepared circuit."""


READ = "read"
"""Label of identities that stand for the reading of a qubit."""


@dataclass(frozen=True, eq=False)
class LocalNoise:
    """Errors after gates, and of readouts.

    Args:
        errors: By gate name and qubits; gates without an entry are ideal.
        assignment: Probability to read the row where the column is true, shape (n_qubits, 2, 2).
        gates: Names of all gates, ideal ones included.
        before_readout: Errors that act on a qubit when it is read, by qubit.
    """

    errors: GateErrors
    assignment: NDArray[np.float64]
    gates: tuple[str, ...]
    before_readout: Mapping[int, QuantumError] = field(default_factory=dict)

    def model(self) -> NoiseModel:
        """Return Aer's noise model of the gates, and of identities called :data:`READ`.

        Assignment matrices are not in it.
        """
        model = NoiseModel(basis_gates=list(self.gates))
        for (name, qubits), error in self.errors.items():
            model.add_quantum_error(error, name, qubits)
        for qubit, error in self.before_readout.items():
            model.add_quantum_error(error, READ, [qubit])
        return model

    def to_be_read(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Return a circuit with an identity for each error that acts when qubits are read.

        Args:
            circuit: Without measurements.
        """
        read = circuit.copy()
        for qubit in self.before_readout:
            read.append(IGate(label=READ), [qubit])
        return read

    def errors_of(self, circuit: QuantumCircuit) -> int:
        """Return how many gates of a circuit have errors."""
        places = ((each.name, qubits_of(circuit, each)) for each in circuit.data)
        return sum(place in self.errors for place in places)

    @cached_property
    def is_pauli(self) -> bool:
        """Whether all errors are Pauli errors, so that their twirl is what they are."""
        distinct = {
            id(error): error for error in (*self.errors.values(), *self.before_readout.values())
        }
        return all(is_pauli(error) for error in distinct.values())

    def twirled(self) -> "LocalNoise":
        """Return the same noise with every error replaced by its Pauli twirl."""
        errors = {gate: twirl(error) for gate, error in self.errors.items()}
        before = {qubit: twirl(error) for qubit, error in self.before_readout.items()}
        return LocalNoise(errors, self.assignment, self.gates, before)

    def twirled_assignment(self) -> NDArray[np.float64]:
        """Return assignment matrices that hold the flips of errors that act on qubits read.

        Returns:
            Shape (n_qubits, 2, 2), those errors replaced by their Pauli twirl.
        """
        assignment = self.assignment.copy()
        for qubit, error in self.before_readout.items():
            _, x, _, y = pauli_probabilities(error)
            flips = assignment_matrices([x + y], [x + y])[0]
            assignment[qubit] = assignment[qubit] @ flips
        return assignment

    def pauli_probabilities(self) -> Mapping[tuple[str, tuple[int, ...]], NDArray[Any]]:
        """Return the probabilities of each error's Pauli twirl, shape (4,) * number of qubits.

        Axis i stands for the gate's qubit i; entries for I, X, Z, Y: bit 0 flips, bit 1 is phase.
        """
        distinct = {id(error): error for error in self.errors.values()}
        found = {key: pauli_probabilities(error) for key, error in distinct.items()}
        return {gate: found[id(error)] for gate, error in self.errors.items()}


def scaled_assignment(flips: NDArray[np.float64], scale: float, source: str) -> NDArray[np.float64]:
    """Return assignment matrices of scaled readout errors, shape (n_qubits, 2, 2).

    Args:
        flips: Probabilities p01 and p10 of each qubit, shape (n_qubits, 2).
        scale: What they are multiplied by.
        source: Where noise comes from, for messages.

    Raises:
        BackendError: If a qubit would be read wrongly more often than rightly.
    """
    scaled = scale * flips
    if np.any(scaled.sum(axis=1) > 1):
        raise BackendError(
            f"noise scale {scale:g} makes readout of {source} wrong more often than right: "
            f"use at most {scale / scaled.sum(axis=1).max():.3g}."
        )
    return assignment_matrices(*scaled.T)


def assignment_matrices(
    p01: NDArray[np.float64] | list[float], p10: NDArray[np.float64] | list[float]
) -> NDArray[np.float64]:
    """Return assignment matrices, shape (n_qubits, 2, 2), columns summing to 1.

    Args:
        p01: Probability to read 1 where 0 is true, shape (n_qubits,).
        p10: Probability to read 0 where 1 is true, shape (n_qubits,).
    """
    zero, one = np.asarray(p01, dtype=float), np.asarray(p10, dtype=float)
    return np.array([[1 - zero, one], [zero, 1 - one]]).transpose(2, 0, 1)
