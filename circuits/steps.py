"""Taking a circuit apart into Pauli rotations and Clifford gates."""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Parameter, ParameterExpression
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford

from qkdrp.circuits.angles import LARGEST, reduced
from qkdrp.circuits.program import CONSTANT
from qkdrp.common.errors import CircuitError, UnsupportedGateError

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

ANGLE_TOLERANCE = 1e-12
"""Quarter turns within which a constant angle counts as a multiple of pi/2, hence as Clifford."""


class Rotation(NamedTuple):
    """Part of a gate: a rotation by ``coefficient * parameter``.

    Attributes:
        position: The gate's place in the circuit's data.
        letters: Of the Pauli string on the gate's qubits.
        qubits: The gate's qubits.
        coefficient: Scale of the parameter, or the angle of a constant.
        source: Index of the parameter, or :data:`~qkdrp.circuits.program.CONSTANT`.
    """

    position: int
    letters: str
    qubits: list[int]
    coefficient: float
    source: int


class CliffordGate(NamedTuple):
    """A Clifford gate, or the part of a rotation by a multiple of pi/2.

    Attributes:
        position: The gate's place in the circuit's data.
        clifford: What it does.
        qubits: The gate's qubits.
    """

    position: int
    clifford: Clifford
    qubits: list[int]


def circuit_steps(
    circuit: QuantumCircuit, sources: Mapping[Parameter, int]
) -> Iterator[Rotation | CliffordGate]:
    """Take a circuit apart into rotations and Clifford gates, in order; barriers are left out.

    Args:
        circuit: Pauli rotations of :data:`ROTATION_GATES` and Clifford gates.
        sources: Index of each parameter.

    Raises:
        UnsupportedGateError: If a gate is not supported; names the gate and its position.
        CircuitError: If an angle is not linear in the parameters.
    """
    for position, instruction in enumerate(circuit.data):
        operation = instruction.operation
        if operation.name == "barrier":
            continue
        qubits = [circuit.find_bit(bit).index for bit in instruction.qubits]
        where = f"gate {position} ({operation.name} on qubits {qubits})"
        letters = ROTATION_GATES.get(operation.name)
        if letters is None:
            yield CliffordGate(position, _clifford(instruction, where), qubits)
            continue
        for coefficient, source in _linear_terms(operation.params[0], sources, where):
            quarter_turns = coefficient / (math.pi / 2)
            nearest = round(quarter_turns)
            if source == CONSTANT and abs(quarter_turns - nearest) < ANGLE_TOLERANCE:
                clifford = Clifford(operation.base_class(nearest * math.pi / 2))
                yield CliffordGate(position, clifford, qubits)
            else:
                yield Rotation(position, letters, qubits, coefficient, source)


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
        yield _constant(float(angle), where), CONSTANT
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
        yield _constant(offset, where), CONSTANT


def _constant(angle: float, where: str) -> float:
    """Return an angle that counts its quarter turns exactly."""
    if not math.isfinite(angle):
        raise CircuitError(f"{where} has the angle {angle}: expected a finite number of radians.")
    return angle if abs(angle) <= LARGEST else float(reduced(angle))
