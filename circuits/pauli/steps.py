"""Steps of a circuit: Pauli rotations and Clifford gates, in order."""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Clifford

from qkdrp.circuits.expand import ROTATION_GATES, is_primitive, take_apart
from qkdrp.circuits.instructions import qubits_of
from qkdrp.circuits.pauli.angles import LARGEST, reduced
from qkdrp.circuits.pauli.curves import Curve, make_curve
from qkdrp.circuits.pauli.linear import linear_terms
from qkdrp.circuits.pauli.program import CONSTANT
from qkdrp.common.errors import CircuitError

ANGLE_TOLERANCE = 1e-12
"""Quarter turns within which a constant angle counts as a multiple of pi/2, hence as Clifford."""


class Rotation(NamedTuple):
    """Part of a gate: a rotation by ``coefficient * parameter``, or by a curve.

    Attributes:
        position: The gate's place in the circuit's data.
        letters: Of the Pauli string on the rotation's qubits.
        qubits: Its qubits.
        coefficient: Scale of the parameter, or the angle of a constant.
        source: Index of the parameter, or :data:`~qkdrp.circuits.pauli.program.CONSTANT`.
        curve: The angle where it is not linear in the parameters; the source is meaningless then.
    """

    position: int
    letters: str
    qubits: list[int]
    coefficient: float
    source: int
    curve: Curve | None = None


class CliffordGate(NamedTuple):
    """A Clifford gate, or a part of a gate that is one.

    Attributes:
        position: The gate's place in the circuit's data.
        clifford: What it does.
        qubits: Its qubits.
    """

    position: int
    clifford: Clifford
    qubits: list[int]


def circuit_steps(
    circuit: QuantumCircuit, sources: Mapping[Parameter, int]
) -> Iterator[Rotation | CliffordGate]:
    """Take a circuit apart into rotations and Clifford gates, in order; barriers are left out.

    Args:
        circuit: Gates that :func:`~qkdrp.circuits.expand.expand_gates` can decompose.
        sources: Index of each parameter.

    Raises:
        UnsupportedGateError: If a gate is not supported; names the gate and its position.
        CircuitError: If an angle is no real expression that can be differentiated.
    """
    curves: dict[ParameterExpression, Curve] = {}
    for piece in take_apart(circuit, is_primitive):
        name, position = piece.instruction.name, piece.position
        qubits = [*qubits_of(circuit, piece.instruction)]
        letters = ROTATION_GATES.get(name)
        if letters is None:
            yield CliffordGate(position, _clifford(name), qubits)
            continue
        angle = piece.instruction.params[0]
        terms = linear_terms(angle, sources)
        if terms is None:
            if angle not in curves:
                curves[angle] = make_curve(angle, sources, piece.where)
            yield Rotation(position, letters, qubits, 1.0, CONSTANT, curves[angle])
            continue
        slopes, offset = terms
        yield from (Rotation(position, letters, qubits, *term) for term in slopes)
        if not math.isfinite(offset):
            raise CircuitError(f"{piece.where} has the angle {angle}: expected a finite number.")
        yield from _constant(position, name, qubits, offset)


def _constant(
    position: int, name: str, qubits: list[int], angle: float
) -> Iterator[Rotation | CliffordGate]:
    """Yield the step of a rotation by a number; none for a whole number of turns."""
    if abs(angle) > LARGEST:
        angle = float(reduced(angle))
    quarter_turns = angle / (math.pi / 2)
    nearest = round(quarter_turns)
    if abs(quarter_turns - nearest) >= ANGLE_TOLERANCE:
        yield Rotation(position, ROTATION_GATES[name], qubits, angle, CONSTANT)
    elif nearest != 0:
        yield CliffordGate(position, _clifford(name, nearest % 4), qubits)


@cache
def _clifford(name: str, quarter_turns: int | None = None) -> Clifford:
    """Return a standard gate as a Clifford; a rotation by some quarter turns."""
    gate = get_standard_gate_name_mapping()[name]
    turned = [] if quarter_turns is None else [quarter_turns * math.pi / 2]
    return Clifford(gate.base_class(*turned))
