"""Compiling a Qiskit circuit into a Pauli program."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Clifford, PauliList, SparsePauliOp

from qkdrp.circuits.observables import checked_observables
from qkdrp.circuits.pauli.program import PauliProgram
from qkdrp.circuits.pauli.steps import CliffordGate, Rotation, circuit_steps
from qkdrp.circuits.pauli.strings import Masks
from qkdrp.circuits.pauli.tail import conjugate
from qkdrp.common.errors import CircuitError

MAX_QUBITS = 62
"""Masks are signed 64-bit integers."""


def compile_program(
    circuit: QuantumCircuit,
    observables: Sequence[SparsePauliOp],
    inputs: Sequence[Parameter],
    weights: Sequence[Parameter],
) -> PauliProgram:
    """Push every Clifford gate of a circuit to its end, by conjugation.

    A rotation about P after the Clifford gates C is a rotation about ``C^dagger P C`` before them;
    the observables absorb what has gathered at the end. A gate's angle may be a number or
    any real expression of the parameters that can be differentiated, and parameters may be used
    repeatedly. Angles that are not linear become the program's curves.

    Args:
        circuit: Gates that :func:`~qkdrp.circuits.expand.expand_gates` can decompose.
        observables: Hermitian observables on all qubits of the circuit.
        inputs: Parameters that carry data, in the order of the program's inputs.
        weights: Trainable parameters, in the order of the program's weights.

    Returns:
        The program; equal to the circuit up to a global phase.

    Raises:
        UnsupportedGateError: If a gate is not supported; names the gate and its position.
        CircuitError: If an angle is no real expression that can be differentiated, a parameter is
            in neither list or in both, the circuit is too wide, or an observable does not fit the
            circuit.
    """
    sources = {parameter: index for index, parameter in enumerate([*inputs, *weights])}
    _check(circuit, observables, sources, len(inputs) + len(weights))

    rotations, paulis, frame = _pushed(circuit, sources)
    curves = {rotation.curve: None for rotation in rotations if rotation.curve is not None}
    place: dict[object, int] = {c: len(sources) + n for n, c in enumerate(curves)}
    sign = np.concatenate([1.0 - layer.phase for layer in paulis])  # phase 2 stands for -1
    terms = [conjugate(observable, frame) for observable in observables]
    return PauliProgram(
        n_qubits=circuit.num_qubits,
        n_inputs=len(inputs),
        n_weights=len(weights),
        n_observables=len(observables),
        x=np.concatenate([pack_masks(layer.x) for layer in paulis]),
        z=np.concatenate([pack_masks(layer.z) for layer in paulis]),
        coefficient=sign * np.array([rotation.coefficient for rotation in rotations], dtype=float),
        source=np.array([place.get(r.curve, r.source) for r in rotations], dtype=np.int64),
        term_x=np.concatenate([pack_masks(term.paulis.x) for term in terms]),
        term_z=np.concatenate([pack_masks(term.paulis.z) for term in terms]),
        term_coefficient=np.concatenate([term.coeffs.real for term in terms]),
        term_observable=np.repeat(np.arange(len(terms)), [len(term) for term in terms]),
        curves=tuple(curves),
    )


def _pushed(
    circuit: QuantumCircuit, sources: Mapping[Parameter, int]
) -> tuple[list[Rotation], list[PauliList], Clifford]:
    """Return rotations, their strings before all Clifford gates, and the product of the latter."""
    n_qubits = circuit.num_qubits
    frame = Clifford(QuantumCircuit(n_qubits))
    rotations: list[Rotation] = []
    paulis = [PauliList(["I" * n_qubits])[:0]]
    for kind, steps in groupby(circuit_steps(circuit, sources), key=type):
        if kind is Rotation:
            layer = [step for step in steps if isinstance(step, Rotation)]
            rotations += layer
            paulis.append(_pauli_list(layer, n_qubits).evolve(frame, frame="h"))
        else:
            cliffords = QuantumCircuit(n_qubits)
            for step in steps:
                if isinstance(step, CliffordGate):
                    cliffords.append(step.clifford, step.qubits)
            frame = frame.compose(Clifford(cliffords))
    return rotations, paulis, frame


def _check(
    circuit: QuantumCircuit,
    observables: Sequence[SparsePauliOp],
    sources: Mapping[Parameter, int],
    n_parameters: int,
) -> None:
    if circuit.num_qubits > MAX_QUBITS:
        raise CircuitError(f"Found {circuit.num_qubits} qubits, expected at most {MAX_QUBITS}.")
    if not observables:
        raise CircuitError("Found no observable, expected at least one.")
    checked_observables(observables, circuit.num_qubits)
    if len(sources) != n_parameters:
        raise CircuitError("A parameter appears twice among inputs and weights: list it once.")
    unknown = [parameter.name for parameter in circuit.parameters if parameter not in sources]
    if unknown:
        raise CircuitError(
            f"Parameters {', '.join(unknown)} of the circuit are neither inputs nor weights."
        )


def _pauli_list(rotations: Sequence[Rotation], n_qubits: int) -> PauliList:
    terms = [(rotation.letters, rotation.qubits, 1.0) for rotation in rotations]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=n_qubits).paulis


def pack_masks(bits: np.ndarray) -> Masks:
    """Pack bits of shape (n_paulis, n_qubits) into masks of shape (n_paulis,)."""
    return bits.astype(np.int64) @ (np.int64(1) << np.arange(bits.shape[1], dtype=np.int64))
