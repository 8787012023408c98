"""Decomposition of any circuit into Pauli rotations and Clifford gates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    Barrier,
    CircuitInstruction,
    Delay,
    Operation,
    ParameterExpression,
    Qubit,
)
from qiskit.circuit.library import GlobalPhaseGate, UnitaryGate
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator
from qiskit.transpiler.passes import HighLevelSynthesis

from qkdrp.common.errors import UnsupportedGateError

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
"""Gates ``exp(-i angle/2 P)``: the letters of P on the gate's qubits, first qubit first."""

CLIFFORD_GATES = frozenset(
    ["h", "s", "sdg", "x", "y", "z", "sx", "sxdg", "id", "cx", "cy", "cz", "ecr", "swap"]
)
"""Gates that stay as they are beside the rotations; every simulator knows them."""

IDLE = Barrier, Delay, GlobalPhaseGate
"""Instructions that change no expectation value."""

MATRIX_TOLERANCE = 1e-9
"""Error that a gate given by its matrix may have as a circuit."""


class Piece(NamedTuple):
    """A part of a gate of a circuit.

    Attributes:
        position: The gate's place in the circuit's data.
        where: Position, name and qubits of the gate, for messages.
        instruction: The part, on bits of the circuit.
    """

    position: int
    where: str
    instruction: CircuitInstruction


def take_apart(
    circuit: QuantumCircuit, whole: Callable[[CircuitInstruction], bool]
) -> Iterator[Piece]:
    """Replace gates by their definitions until only whole ones are left.

    Parameters stay, as the definitions have them. Global phases are lost.

    Args:
        circuit: Any circuit.
        whole: Tells of an instruction whether it is left as it is.

    Yields:
        The parts, in order.

    Raises:
        UnsupportedGateError: If something is neither whole nor has a definition.
    """
    for position, instruction in enumerate(circuit.data):
        if whole(instruction):
            yield Piece(position, _where(circuit, position, instruction), instruction)
            continue
        where = _where(circuit, position, instruction)
        for part in _parts(instruction, where, whole):
            yield Piece(position, where, part)


def is_known(instruction: CircuitInstruction) -> bool:
    """Tell whether an instruction is a gate of Qiskit's standard library or given by its matrix."""
    return bool(instruction.is_standard_gate()) or isinstance(instruction.operation, UnitaryGate)


def is_primitive(instruction: CircuitInstruction) -> bool:
    """Tell whether an instruction is one of those that :func:`expand_gates` leaves.

    Names alone do not tell: users, and Qiskit's own importers, call their gates as they like.
    """
    known = instruction.name in ROTATION_GATES or instruction.name in CLIFFORD_GATES
    return known and instruction.is_standard_gate()


def expand_gates(
    circuit: QuantumCircuit, whole: Callable[[CircuitInstruction], bool] = is_primitive
) -> QuantumCircuit:
    """Return a circuit of :data:`ROTATION_GATES` and :data:`CLIFFORD_GATES` with the same values.

    Composite gates are inlined. Standard gates are decomposed: ``u`` and controlled rotations into
    rotations of one qubit and CNOTs, and all others by Qiskit's definitions, as devices run it:
    an evolution under terms that do not commute is its product formula. Angles are numbers or
    expressions of the circuit's parameters; a parameter that only turns a global phase is gone.

    Args:
        circuit: Any circuit of gates.
        whole: Tells of an instruction whether it is left as it is, for other sets of gates.

    Returns:
        The circuit, up to a global phase; the same object where there is nothing to do.

    Raises:
        UnsupportedGateError: If an instruction is no gate, such as a reset or a measurement, or
            has no definition; names the instruction and its position.
    """
    if not isinstance(circuit.global_phase, ParameterExpression) and all(map(whole, circuit.data)):
        return circuit
    expanded = like(circuit)
    for piece in take_apart(circuit, whole):
        expanded.append(piece.instruction)
    return expanded


def like(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a circuit on the same bits with the same name and metadata, without instructions."""
    bits = [*circuit.qubits, *circuit.clbits]
    return QuantumCircuit(
        bits, *circuit.qregs, *circuit.cregs, name=circuit.name, metadata=circuit.metadata
    )


def _where(circuit: QuantumCircuit, position: int, instruction: CircuitInstruction) -> str:
    qubits = [circuit.find_bit(bit).index for bit in instruction.qubits]
    return f"gate {position} ({instruction.name} on qubits {qubits})"


def _parts(
    instruction: CircuitInstruction, where: str, whole: Callable[[CircuitInstruction], bool]
) -> Iterator[CircuitInstruction]:
    if isinstance(instruction.operation, IDLE):
        return
    definition = _definition(instruction, where)
    bits: dict[Any, Any] = dict(zip(definition.qubits, instruction.qubits, strict=True))
    bits |= zip(definition.clbits, instruction.clbits, strict=True)
    for inner in definition.data:
        part = inner.replace(
            qubits=[bits[bit] for bit in inner.qubits], clbits=[bits[bit] for bit in inner.clbits]
        )
        if whole(part):
            yield part
        else:
            yield from _parts(part, where, whole)


def _definition(instruction: CircuitInstruction, where: str) -> QuantumCircuit:
    """Return what an instruction is made of."""
    operation = instruction.operation
    if instruction.name == "u" and instruction.is_standard_gate():
        return _euler(*operation.params)
    if isinstance(operation, UnitaryGate):
        return _of_matrix(operation, where)
    try:
        definition = operation.definition
    except AttributeError:  # more abstract than a gate
        definition = _synthesised(operation, instruction.qubits)
    except (QiskitError, TypeError):  # it has one for numbers only
        definition = None
    if definition is None:
        definition = _of_its_matrix(instruction, where)
    if definition is None:
        inside = "" if f"({instruction.name} on" in where else f" holds {instruction.name}, which"
        raise UnsupportedGateError(
            f"{where}{inside} is no gate that can be decomposed into Pauli rotations "
            f"({', '.join(ROTATION_GATES)}) and Clifford gates: leave it out, or replace it by "
            "such gates."
        )
    return definition


def _of_its_matrix(instruction: CircuitInstruction, where: str) -> QuantumCircuit | None:
    """Return the circuit of a gate that has a matrix but no definition; None if it has neither."""
    if not hasattr(instruction.operation, "to_matrix") or instruction.is_parameterized():
        return None
    try:
        matrix = instruction.operation.to_matrix()
    except QiskitError:  # gates without a matrix have the method, too
        return None
    return _of_matrix(UnitaryGate(matrix), where)


def _euler(theta: Any, phi: Any, lam: Any) -> QuantumCircuit:  # noqa: ANN401  # numbers or expressions
    circuit = QuantumCircuit(1)
    circuit.rz(lam, 0)
    circuit.ry(theta, 0)
    circuit.rz(phi, 0)
    return circuit


def _of_matrix(gate: UnitaryGate, where: str) -> QuantumCircuit:
    definition: QuantumCircuit = gate.definition
    error = np.abs(Operator(definition).data - gate.to_matrix()).max()
    # Qiskit takes a matrix of two qubits for a special one next to it, with errors up to 1e-5.
    if error > MATRIX_TOLERANCE:
        raise UnsupportedGateError(
            f"{where} is given by a matrix, and as a circuit it is off by {error:.1g}: expected "
            f"at most {MATRIX_TOLERANCE:g}; give it as a circuit."
        )
    return definition


def _synthesised(operation: Operation, qubits: Sequence[Qubit]) -> QuantumCircuit | None:
    """Return the circuit of an operation that is more abstract than a gate, such as a power."""
    holder = QuantumCircuit(len(qubits))
    holder.append(operation, range(len(qubits)))
    try:
        found = HighLevelSynthesis()(holder)
    except QiskitError:
        return None
    same = len(found) == 1 and found.data[0].name == operation.name
    return None if same else found
