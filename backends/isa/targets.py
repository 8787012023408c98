"""Targets cut down to a few physical qubits."""

from collections.abc import Iterator, Sequence

from qiskit.circuit import ControlFlowOp
from qiskit.transpiler import InstructionProperties, Target

from qkdrp.common.errors import BackendError

NOT_GATES = frozenset({"measure", "reset", "delay"})
"""Instructions of a target that a circuit of gates does not use."""

UNUSABLE_ERROR = 0.5
"""Gates of at least this error are left out: devices report 1 where a gate is out of order."""


def gates_of(target: Target) -> Iterator[tuple[str, tuple[int, ...], InstructionProperties]]:
    """Yield name, qubits and properties of each usable gate of a target."""
    for name in target.operation_names:
        operation = target.operation_from_name(name)
        if name in NOT_GATES or (
            isinstance(operation, type) and issubclass(operation, ControlFlowOp)
        ):
            continue
        for qubits, properties in (target[name] or {}).items():
            if qubits is None:
                continue
            known = properties or InstructionProperties()
            if (known.error or 0.0) < UNUSABLE_ERROR:
                yield name, tuple(qubits), known


def readout_error(target: Target, qubit: int) -> float:
    """Return the mean probability of reading a qubit wrongly.

    It is 0 where the target has no readout at all, and 1 where it has that of other qubits only.
    """
    if "measure" not in target.operation_names:
        return 0.0
    readouts = target["measure"] or {None: None}
    if (qubit,) not in readouts and None not in readouts:
        return 1.0
    properties = readouts.get((qubit,))
    return float((properties and properties.error) or 0.0)


def restrict(target: Target, qubits: Sequence[int]) -> Target:
    """Return the target of a few physical qubits, numbered by their place in ``qubits``.

    Args:
        target: The whole device.
        qubits: The physical qubits to keep.

    Raises:
        BackendError: If a qubit is not on the device.
    """
    there = target.num_qubits or 0
    missing = [qubit for qubit in qubits if not 0 <= qubit < there]
    if missing:
        raise BackendError(f"Found physical qubits {missing}, the device has 0 to {there - 1}.")
    place = {qubit: index for index, qubit in enumerate(qubits)}
    known = target.qubit_properties
    kept = Target(
        num_qubits=len(qubits),
        dt=target.dt,
        qubit_properties=None if known is None else [known[qubit] for qubit in qubits],
    )
    for name in target.operation_names:
        entries = {
            tuple(place[qubit] for qubit in on): properties
            for gate, on, properties in gates_of(target)
            if gate == name and set(on) <= set(place)
        }
        if entries:
            kept.add_instruction(target.operation_from_name(name), entries, name=name)
    if "measure" in target.operation_names:
        readouts = {(place[qubit],): (target["measure"] or {}).get((qubit,)) for qubit in qubits}
        kept.add_instruction(target.operation_from_name("measure"), readouts, name="measure")
    return kept
