"""Parts of Qiskit targets: usable gates, readout errors, a few physical qubits of a device."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

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


AngleBounds = list[tuple[float, float] | None]
"""Least and largest angle of each parameter of a gate, radians; None for any angle."""


def angle_bounds_of(target: Target, name: str) -> AngleBounds | None:
    """Return between which angles a gate of a target can be used; None for any.

    Args:
        target: The device.
        name: Of the gate.
    """
    if not target.gate_has_angle_bounds(name):
        return None
    # Qiskit tells whether an angle is allowed, but the bounds only to whoever copies a target.
    known = target.__getstate__()["base"]["gate_map"][name]["angle_bounds"]
    return [each and (each[0], each[1]) for each in known]


def restrict(target: Target, qubits: Sequence[int]) -> Target:
    """Return the target of a few physical qubits, numbered by their place in ``qubits``.

    Args:
        target: The whole device.
        qubits: The physical qubits to keep.

    Raises:
        BackendError: If a qubit is not on the device.
    """
    there = range(target.num_qubits or 0)
    missing = [qubit for qubit in qubits if qubit not in there]
    if missing:
        raise BackendError(
            f"Found physical qubits {missing}, the device has 0 to {len(there) - 1}."
        )
    place = {qubit: index for index, qubit in enumerate(qubits)}
    gates = {
        name: {tuple(map(place.__getitem__, on)): each for on, each in entries.items()}
        for name, entries in _entries(target, set(place)).items()
    }
    if "measure" in target.operation_names:
        read = target["measure"] or {}
        gates["measure"] = {(place[qubit],): read.get((qubit,)) for qubit in qubits}
    known = target.qubit_properties
    kept = None if known is None else [known[qubit] for qubit in qubits]
    return rebuilt(target, gates, len(qubits), kept)


def rebuilt(
    target: Target,
    gates: Mapping[str, Mapping[tuple[int, ...], InstructionProperties | None]],
    n_qubits: int | None = None,
    qubit_properties: list[Any] | None = None,
) -> Target:
    """Return a target with the gates of another, their angles' bounds included, elsewhere.

    Args:
        target: The other one.
        gates: Where each gate is, and its properties there.
        n_qubits: Number of qubits; that of the other where left out.
        qubit_properties: Of each qubit.
    """
    made = Target(
        num_qubits=target.num_qubits if n_qubits is None else n_qubits,
        dt=target.dt,
        qubit_properties=qubit_properties,
    )
    for name, entries in gates.items():
        if entries:
            made.add_instruction(
                target.operation_from_name(name),
                dict(entries),
                name=name,
                angle_bounds=angle_bounds_of(target, name),
            )
    return made


def without_gates(target: Target, names: Collection[str]) -> Target:
    """Return a target that lacks some gates."""
    gates = {name: each for name, each in _all_entries(target).items() if name not in names}
    return rebuilt(target, gates, qubit_properties=target.qubit_properties)


def both_ways(target: Target) -> Target:
    """Return a target whose gates on two qubits exist in both directions."""
    gates = {
        name: {on[::-1]: each for on, each in entries.items() if len(on) == 2} | entries
        for name, entries in _all_entries(target).items()
    }
    return rebuilt(target, gates, qubit_properties=target.qubit_properties)


Entries = dict[str, dict[tuple[int, ...], InstructionProperties | None]]


def _entries(target: Target, qubits: set[int]) -> Entries:
    """Return where usable gates are among some qubits, gate by gate in the target's order."""
    found: Entries = {}
    for name, on, properties in gates_of(target):
        if qubits.issuperset(on):
            found.setdefault(name, {})[on] = properties
    return found


def _all_entries(target: Target) -> Entries:
    """Return the same for all qubits, and where they are read."""
    found = _entries(target, set(range(target.num_qubits or 0)))
    if "measure" in target.operation_names:
        found["measure"] = dict(target["measure"] or {})
    return found
