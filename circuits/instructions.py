"""Instructions of a circuit by the numbers of their qubits."""

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction


def qubits_of(circuit: QuantumCircuit, instruction: CircuitInstruction) -> tuple[int, ...]:
    """Return the numbers of the qubits that an instruction of a circuit acts on."""
    return tuple(circuit.find_bit(bit).index for bit in instruction.qubits)
