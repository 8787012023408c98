"""Logical resources of a circuit, before any device is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass

from qiskit import QuantumCircuit


@dataclass(frozen=True)
class CircuitResources:
    """What a circuit needs.

    Args:
        n_qubits: Width.
        depth: Depth with every gate counted as one step.
        two_qubit_depth: Depth with only gates on two or more qubits counted.
        two_qubit_gates: Number of gates on two or more qubits.
        gate_counts: Number of gates by name.
    """

    n_qubits: int
    depth: int
    two_qubit_depth: int
    two_qubit_gates: int
    gate_counts: Mapping[str, int]


def logical_resources(circuit: QuantumCircuit) -> CircuitResources:
    """Count the gates and layers of a circuit."""
    return CircuitResources(
        n_qubits=circuit.num_qubits,
        depth=circuit.depth(),
        two_qubit_depth=circuit.depth(lambda instruction: len(instruction.qubits) > 1),
        two_qubit_gates=circuit.num_nonlocal_gates(),
        gate_counts=dict(circuit.count_ops()),
    )
