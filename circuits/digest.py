"""Digests of circuits, by which the same one is recognised."""

from collections.abc import Sequence

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qkdrp.common.digests import digest_of


def circuit_digest(circuit: QuantumCircuit, observables: Sequence[SparsePauliOp]) -> str:
    """Return the digest of a circuit's instructions and of its observables."""
    instructions = [
        [
            instruction.name,
            [str(parameter) for parameter in instruction.operation.params],
            [circuit.find_bit(bit).index for bit in instruction.qubits],
        ]
        for instruction in circuit.data
    ]
    read = [
        [[letters, list(qubits), str(factor)] for letters, qubits, factor in op.to_sparse_list()]
        for op in observables
    ]
    return digest_of([circuit.num_qubits, instructions, read])
