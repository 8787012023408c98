"""Durations of a device's gates and of circuits made of them."""

from collections.abc import Mapping, Sequence

from qiskit import QuantumCircuit
from qiskit.transpiler import Target

from qkdrp.backends.isa.targets import gates_of
from qkdrp.circuits.instructions import qubits_of

GateDurations = Mapping[tuple[str, tuple[int, ...]], float]
"""Seconds of each gate, by name and qubits."""


def gate_durations(target: Target) -> GateDurations:
    """Return the seconds of each usable gate; 0 where the device does not tell."""
    return {
        (name, qubits): properties.duration or 0.0 for name, qubits, properties in gates_of(target)
    }


def readout_duration(target: Target, qubits: Sequence[int]) -> float:
    """Return the seconds of the longest readout of some qubits; 0 where the device has none."""
    if "measure" not in target.operation_names:
        return 0.0
    known = [(target["measure"] or {}).get((qubit,)) for qubit in qubits]
    return max((each.duration or 0.0 for each in known if each), default=0.0)


def critical_path(
    circuit: QuantumCircuit, durations: GateDurations, qubits: Sequence[int] | None = None
) -> float:
    """Return the seconds of a circuit, readout left out: as early or as late as possible alike.

    Args:
        circuit: Gates of the device.
        durations: Of the device's gates.
        qubits: The physical qubit of each of the circuit's; its own number where left out.
    """
    ready = [0.0] * circuit.num_qubits
    for instruction in circuit.data:
        on = qubits_of(circuit, instruction)
        physical = on if qubits is None else tuple(qubits[q] for q in on)
        end = max(ready[q] for q in on) + durations.get((instruction.name, physical), 0.0)
        for q in on:
            ready[q] = end
    return max(ready, default=0.0)
