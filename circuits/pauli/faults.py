"""What Pauli errors behind a circuit's gates do to its Pauli program."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qkdrp.circuits.pauli.program import PauliProgram
from qkdrp.circuits.pauli.steps import CliffordGate, Rotation, circuit_steps


class Place(NamedTuple):
    """A gate behind which an error may happen.

    Attributes:
        gate: Its name.
        qubits: Its qubits.
    """

    gate: str
    qubits: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Faults:
    """Which rotations and terms of a program an X or a Z behind each gate flips.

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
    """Conjugate an X and a Z on every qubit of every gate, placed behind it, to the front.

    An error E behind a gate is an error ``C^dagger E C`` in front of the Clifford gates C up to
    there, and all rotations behind it that anticommute with that turn the other way; so do terms
    of observables. Strings in front are kept as masks: a gate g replaces the string of each P on
    its qubits by that of ``g^dagger P g``, and only the gate's own rows change.

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

    # Strings in front of X_0, X_1, ..., Z_0, Z_1, ... here: X mask and Z mask.
    n_qubits = program.n_qubits
    bits = np.int64(1) << np.arange(n_qubits, dtype=np.int64)
    nothing = np.zeros_like(bits)
    strings = np.stack([np.concatenate([bits, nothing]), np.concatenate([nothing, bits])], axis=1)

    places, starts, done = [], [], []
    errors: list[NDArray[np.int64]] = []
    n_done = 0
    for position, instruction in enumerate(circuit.data):
        for step in by_position.get(position, []):
            if isinstance(step, Rotation):
                n_done += 1
            else:
                rows = np.array([*step.qubits, *(n_qubits + q for q in step.qubits)])
                inverse = step.clifford.adjoint().symplectic_matrix
                strings[rows] = _products(inverse, strings[rows])
        if instruction.name == "barrier":
            continue
        qubits = tuple(circuit.find_bit(bit).index for bit in instruction.qubits)
        places.append(Place(instruction.name, qubits))
        starts.append(len(errors))
        for q in qubits:
            errors += [strings[q].copy(), strings[n_qubits + q].copy()]
            done += [n_done, n_done]

    x, z = np.array(errors, dtype=np.int64).reshape(-1, 2).T[..., np.newaxis]
    later = np.arange(program.n_rotations) >= np.array(done, dtype=np.int64)[:, np.newaxis]
    flips = np.concatenate(
        [
            _anticommute(x, z, program.x, program.z) & later,
            _anticommute(x, z, program.term_x, program.term_z),
        ],
        axis=1,
    )
    return Faults(tuple(places), np.array(starts, dtype=np.int64), flips)


def _products(which: NDArray[np.bool_], strings: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the product of the strings that each row of ``which`` selects, signs left out."""
    chosen = np.where(which[:, :, np.newaxis], strings, 0)
    return np.asarray(np.bitwise_xor.reduce(chosen, axis=1))


def _anticommute(
    x: NDArray[np.int64], z: NDArray[np.int64], x2: NDArray[np.int64], z2: NDArray[np.int64]
) -> NDArray[np.bool_]:
    crossed = np.bitwise_count(x & z2) + np.bitwise_count(z & x2)
    return np.asarray(crossed % 2 == 1)
