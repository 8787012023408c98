"""Replacing what a simulator does not know by its definition, parameters kept."""

from collections.abc import Callable, Iterator, Sequence

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Gate, Operation, Qubit
from qiskit.circuit.exceptions import CircuitError as QiskitCircuitError
from qiskit.circuit.library import UnitaryGate
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator
from qiskit.transpiler.passes import HighLevelSynthesis

from qkdrp.common.errors import UnsupportedGateError

IDLE = ("barrier", "delay")
"""Operations that change no state."""


def is_known(instruction: CircuitInstruction) -> bool:
    """Tell whether an instruction is a gate of Qiskit's standard library or one given as a matrix.

    A gate is known by its class, not by its name: ``to_gate()`` of a circuit called ``x`` is no X.
    """
    return bool(instruction.is_standard_gate()) or isinstance(instruction.operation, UnitaryGate)


def unroll(
    circuit: QuantumCircuit, keep: Callable[[CircuitInstruction], bool] = is_known
) -> QuantumCircuit:
    """Return a circuit of instructions that are kept, equal up to a global phase.

    Others are replaced by their definitions, and what is left in these by theirs. Barriers and
    delays are left out where anything is replaced.

    Args:
        circuit: Gates only; they may be composite, controlled or annotated.
        keep: Tells whether an instruction stays as it is.

    Returns:
        The circuit itself where all of it is kept.

    Raises:
        UnsupportedGateError: If an operation is no gate, such as a measurement, a reset or a
            channel, or a gate has no definition; names the operation and its position.
    """
    if all(instruction.name in IDLE or keep(instruction) for instruction in circuit.data):
        return circuit
    flat = circuit.copy_empty_like()
    for position, instruction in enumerate(circuit.data):
        where = [circuit.find_bit(bit).index for bit in instruction.qubits]
        place = f"gate {position} ({instruction.name} on qubits {where})"
        for part in _parts(instruction, keep, place):
            flat.append(part)
    return flat


def _parts(
    instruction: CircuitInstruction, keep: Callable[[CircuitInstruction], bool], place: str
) -> Iterator[CircuitInstruction]:
    """Yield the kept instructions that an instruction comes to."""
    if instruction.name in IDLE:
        return
    if not instruction.clbits and keep(instruction):
        yield instruction
        return
    definition = None if instruction.clbits else _definition(instruction.operation)
    if definition is None:
        raise UnsupportedGateError(
            f"{place} holds {instruction.name}, which is no gate or has no definition that keeps "
            "its parameters: expected gates only, no measurement, reset or noise."
        )
    for inner in definition.data:
        qubits: Sequence[Qubit] = [
            instruction.qubits[definition.find_bit(bit).index] for bit in inner.qubits
        ]
        yield from _parts(inner.replace(qubits=qubits), keep, place)


def _definition(operation: Operation) -> QuantumCircuit | None:
    """Return a circuit of smaller operations, or None where there is none."""
    try:
        definition = getattr(operation, "definition", None)
    except QiskitCircuitError:  # it has one for numbers only
        return None
    if definition is not None:
        return definition
    one = QuantumCircuit(operation.num_qubits)
    one.append(operation, one.qubits)
    found: QuantumCircuit = HighLevelSynthesis()(one)  # permutations, Cliffords, annotations
    if [each.operation for each in found.data] != [each.operation for each in one.data]:
        return found
    if not isinstance(operation, Gate) or operation.is_parameterized():
        return None
    try:
        matrix = Operator(operation)
    except (QiskitError, TypeError):
        return None
    one.data.clear()
    one.append(UnitaryGate(matrix), one.qubits)
    return one
