"""Compiling a Qiskit circuit into a Pauli program."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Parameter, ParameterExpression
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford, PauliList, SparsePauliOp

from qkdrp.circuits.errors import CircuitError, UnsupportedGateError
from qkdrp.circuits.program import CONSTANT, Masks, PauliProgram
from qkdrp.circuits.tail import conjugate

ROTATION_GATES: Mapping[str, str] = MappingProxyType(
    {
        "rx": "X",
        "ry": "Y",
        "rz": "Z",
        "p": "Z",  # up to a global phase
        "rxx": "XX",
        "ryy": "YY",
        "rzz": "ZZ",
        "rzx": "ZX",
    }
)
"""Gates ``exp(-i angle/2 P)``: the letters of P on the gate's qubits, first qubit first.

Beside these, every gate that :class:`qiskit.quantum_info.Clifford` accepts is supported.
"""

MAX_QUBITS = 62
"""Masks are signed 64-bit integers."""

ANGLE_TOLERANCE = 1e-12
"""Quarter turns within which a constant angle counts as a multiple of pi/2, hence as Clifford."""


class _Rotation(NamedTuple):
    letters: str
    qubits: list[int]
    coefficient: float
    source: int


class _CliffordGate(NamedTuple):
    clifford: Clifford
    qubits: list[int]


def compile_program(
    circuit: QuantumCircuit,
    observables: Sequence[SparsePauliOp],
    inputs: Sequence[Parameter],
    weights: Sequence[Parameter],
) -> PauliProgram:
    """Push every Clifford gate of a circuit to its end, by conjugation.

    A rotation about P behind the Clifford gates C is a rotation about ``C^dagger P C`` in front of
    them; the observables absorb what has gathered at the end. A gate's angle may be a number or
    any real linear expression of the parameters, and parameters may be used repeatedly.

    Args:
        circuit: Pauli rotations of :data:`ROTATION_GATES` and Clifford gates, no measurements.
        observables: Hermitian observables on all qubits of the circuit.
        inputs: Parameters that carry data, in the order of the program's inputs.
        weights: Trainable parameters, in the order of the program's weights.

    Returns:
        The program; equal to the circuit up to a global phase.

    Raises:
        UnsupportedGateError: If a gate is not supported; names the gate and its position.
        CircuitError: If an angle is not linear in the parameters, a parameter is in neither list
            or in both, the circuit is too wide, or an observable does not fit the circuit.
    """
    sources = {parameter: index for index, parameter in enumerate([*inputs, *weights])}
    _check(circuit, observables, sources, len(inputs) + len(weights))

    n_qubits = circuit.num_qubits
    frame = Clifford(QuantumCircuit(n_qubits))
    rotations: list[_Rotation] = []
    paulis = [PauliList(["I" * n_qubits])[:0]]
    for kind, steps in groupby(_steps(circuit, sources), key=type):
        if kind is _Rotation:
            layer = [step for step in steps if isinstance(step, _Rotation)]
            rotations += layer
            paulis.append(_pauli_list(layer, n_qubits).evolve(frame, frame="h"))
        else:
            cliffords = QuantumCircuit(n_qubits)
            for gate, qubits in (step for step in steps if isinstance(step, _CliffordGate)):
                cliffords.append(gate, qubits)
            frame = frame.compose(Clifford(cliffords))

    sign = np.concatenate([1.0 - layer.phase for layer in paulis])  # phase 2 stands for -1
    terms = [conjugate(observable, frame) for observable in observables]
    return PauliProgram(
        n_qubits=n_qubits,
        n_inputs=len(inputs),
        n_weights=len(weights),
        n_observables=len(observables),
        x=np.concatenate([_masks(layer.x) for layer in paulis]),
        z=np.concatenate([_masks(layer.z) for layer in paulis]),
        coefficient=sign * np.array([rotation.coefficient for rotation in rotations], dtype=float),
        source=np.array([rotation.source for rotation in rotations], dtype=np.int64),
        term_x=np.concatenate([_masks(term.paulis.x) for term in terms]),
        term_z=np.concatenate([_masks(term.paulis.z) for term in terms]),
        term_coefficient=np.concatenate([term.coeffs.real for term in terms]),
        term_observable=np.repeat(np.arange(len(terms)), [len(term) for term in terms]),
    )


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
    for index, observable in enumerate(observables):
        if observable.num_qubits != circuit.num_qubits:
            raise CircuitError(
                f"Observable {index} acts on {observable.num_qubits} qubits, the circuit has "
                f"{circuit.num_qubits}: lay the observable out on the circuit."
            )
        if np.any(observable.coeffs.imag):
            raise CircuitError(f"Observable {index} is not Hermitian: use real coefficients.")
    if len(sources) != n_parameters:
        raise CircuitError("A parameter appears twice among inputs and weights: list it once.")
    unknown = [parameter.name for parameter in circuit.parameters if parameter not in sources]
    if unknown:
        raise CircuitError(
            f"Parameters {', '.join(unknown)} of the circuit are neither inputs nor weights."
        )


def _steps(
    circuit: QuantumCircuit, sources: Mapping[Parameter, int]
) -> Iterator[_Rotation | _CliffordGate]:
    for position, instruction in enumerate(circuit.data):
        operation = instruction.operation
        if operation.name == "barrier":
            continue
        qubits = [circuit.find_bit(bit).index for bit in instruction.qubits]
        where = f"gate {position} ({operation.name} on qubits {qubits})"
        letters = ROTATION_GATES.get(operation.name)
        if letters is None:
            yield _CliffordGate(_clifford(instruction, where), qubits)
            continue
        for coefficient, source in _linear_terms(operation.params[0], sources, where):
            quarter_turns = coefficient / (math.pi / 2)
            nearest = round(quarter_turns)
            if source == CONSTANT and abs(quarter_turns - nearest) < ANGLE_TOLERANCE:
                clifford = Clifford(operation.base_class(nearest * math.pi / 2))
                yield _CliffordGate(clifford, qubits)
            else:
                yield _Rotation(letters, qubits, coefficient, source)


def _clifford(instruction: CircuitInstruction, where: str) -> Clifford:
    refusal = UnsupportedGateError(
        f"{where} is neither Clifford nor one of {', '.join(ROTATION_GATES)}: "
        "decompose or transpile the circuit into these gates first."
    )
    if instruction.clbits or instruction.is_parameterized():
        raise refusal
    try:
        return Clifford(instruction.operation)
    except QiskitError as error:
        raise refusal from error


def _linear_terms(
    angle: ParameterExpression | float, sources: Mapping[Parameter, int], where: str
) -> Iterator[tuple[float, int]]:
    """Split an angle into (coefficient, source) terms; its constant part comes last."""
    if not isinstance(angle, ParameterExpression):
        yield float(angle), CONSTANT
        return
    parameters = sorted(angle.parameters, key=sources.__getitem__)
    try:
        slopes = [float(angle.gradient(parameter)) for parameter in parameters]
        offset = float(angle.bind(dict.fromkeys(parameters, 0.0)))
    # Whatever is not a number after all: Qiskit raises each of these, by the kind of expression.
    except (TypeError, RuntimeError, ArithmeticError, QiskitError) as error:
        raise CircuitError(
            f"{where} has the angle {angle}: expected a real linear expression of parameters."
        ) from error
    for parameter, slope in zip(parameters, slopes, strict=True):
        if slope != 0.0:
            yield slope, sources[parameter]
    if offset != 0.0:
        yield offset, CONSTANT


def _pauli_list(rotations: Sequence[_Rotation], n_qubits: int) -> PauliList:
    terms = [(rotation.letters, rotation.qubits, 1.0) for rotation in rotations]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=n_qubits).paulis


def _masks(bits: np.ndarray) -> Masks:
    """Pack bits of shape (n_paulis, n_qubits) into masks of shape (n_paulis,)."""
    return bits.astype(np.int64) @ (np.int64(1) << np.arange(bits.shape[1], dtype=np.int64))
