"""Effect of Pauli errors after a circuit's gates on its Pauli program."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qkdrp.circuits.instructions import qubits_of
from qkdrp.circuits.pauli.program import PauliProgram
from qkdrp.circuits.pauli.steps import CliffordGate, Rotation, circuit_steps
from qkdrp.circuits.pauli.strings import Masks, anticommuting


class Place(NamedTuple):
    """A gate after which an error may happen.

    Attributes:
        gate: Its name.
        qubits: Its qubits.
    """

    gate: str
    qubits: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Faults:
    """Which rotations and terms of a program an X or a Z after each gate flips.

    Args:
        places: The gates, in order.
        start: Row of each place in ``flips``, shape (n_places,); its qubits follow, X before Z:
            row ``start + 2 * i + letter`` is for its qubit i, letter 0 for X and 1 for Z.
        flips: Whether the error flips the angle of a rotation or the sign of a term, shape
            (n_rows, n_rotations + n_terms). Those of a product of errors are the exclusive or.
    """

    places: tuple[Place, ...]
    start: NDArray[np.int64]
    flips: NDArray[np.bool_]


def compile_faults(
    circuit: QuantumCircuit,
    program: PauliProgram,
    inputs: Sequence[Parameter],
    weights: Sequence[Parameter],
) -> Faults:
    """Conjugate an X and a Z on every qubit of every gate, placed after it, to the start.

    An error E after a gate is an error ``C^dagger E C`` before the Clifford gates C up to there.
    All later rotations that anticommute with it turn the other way; so do terms of observables.
    Strings at the start are kept as masks: a gate g replaces the string of each P on its qubits by
    that of ``g^dagger P g``, and only the gate's own rows change.

    Args:
        circuit: The circuit.
        program: What :func:`~qkdrp.circuits.pauli.compile.compile_program` makes of it.
        inputs: As given there.
        weights: As given there.
    """
    sources = {parameter: index for index, parameter in enumerate([*inputs, *weights])}
    by_position: dict[int, list[Rotation | CliffordGate]] = {}
    for step in circuit_steps(circuit, sources):
        by_position.setdefault(step.position, []).append(step)

    strings = _StringsBefore(program.n_qubits)
    places: list[Place] = []
    starts: list[int] = []
    done: list[int] = []
    errors: list[Masks] = []
    for position, instruction in enumerate(circuit.data):
        strings.pass_by(by_position.get(position, []))
        if instruction.name == "barrier":
            continue
        qubits = qubits_of(circuit, instruction)
        places.append(Place(instruction.name, qubits))
        starts.append(len(errors))
        found = strings.of_errors(qubits)
        errors += found
        done += [strings.n_rotations] * len(found)
    flips = _flips(program, np.array(errors, dtype=np.int64), np.array(done, dtype=np.int64))
    return Faults(tuple(places), np.array(starts, dtype=np.int64), flips)


class _StringsBefore:
    """What X and Z of each qubit, at some place of a circuit, are before all its Clifford gates.

    Args:
        n_qubits: Number of qubits.
    """

    def __init__(self, n_qubits: int) -> None:
        bits = np.int64(1) << np.arange(n_qubits, dtype=np.int64)
        nothing = np.zeros_like(bits)
        self.n_qubits, self.n_rotations = n_qubits, 0
        # Of X_0, X_1, ..., Z_0, Z_1, ...: X mask and Z mask.
        self._strings = np.stack(
            [np.concatenate([bits, nothing]), np.concatenate([nothing, bits])], axis=1
        )

    def pass_by(self, steps: Sequence[Rotation | CliffordGate]) -> None:
        """Go on to the place after some steps of the circuit."""
        for step in steps:
            if isinstance(step, Rotation):
                self.n_rotations += 1
            else:
                rows = np.array([*step.qubits, *(self.n_qubits + q for q in step.qubits)])
                inverse = step.clifford.adjoint().symplectic_matrix
                self._strings[rows] = _products(inverse, self._strings[rows])

    def of_errors(self, qubits: Sequence[int]) -> list[Masks]:
        """Return the strings of X and Z on each of some qubits, X before Z, shape (2,) each."""
        return [self._strings[row].copy() for q in qubits for row in (q, self.n_qubits + q)]


def _flips(program: PauliProgram, errors: Masks, done: Masks) -> NDArray[np.bool_]:
    """Return which rotations and terms errors flip, shape (n_errors, n_rotations + n_terms).

    Args:
        program: The program.
        errors: X mask and Z mask of each, shape (n_errors, 2).
        done: Rotations before each, shape (n_errors,).
    """
    x, z = errors.reshape(-1, 2).T[..., np.newaxis]
    later = np.arange(program.n_rotations) >= done[:, np.newaxis]
    return np.concatenate(
        [
            anticommuting(x, z, program.x, program.z) & later,
            anticommuting(x, z, program.term_x, program.term_z),
        ],
        axis=1,
    )


def _products(which: NDArray[np.bool_], strings: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the product of the strings that each row of ``which`` selects, signs left out."""
    chosen = np.where(which[:, :, np.newaxis], strings, 0)
    return np.asarray(np.bitwise_xor.reduce(chosen, axis=1))
