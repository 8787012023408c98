"""Layout of a prepared circuit on all qubits of its device."""

from qiskit import QuantumCircuit

from qkdrp.backends.isa.prepare import PHYSICAL, PreparedCircuit
from qkdrp.circuits import PQC


def place(prepared: PreparedCircuit, n_qubits: int) -> PQC:
    """Return a prepared circuit and its observables on the qubits of the whole device.

    Args:
        prepared: The circuit on its few qubits.
        n_qubits: Number of qubits of the device.
    """
    small = prepared.pqc
    circuit = QuantumCircuit(n_qubits, global_phase=small.circuit.global_phase)
    circuit.compose(small.circuit, qubits=list(prepared.qubits), inplace=True)
    circuit.metadata = {PHYSICAL: list(prepared.qubits)}
    observables = tuple(
        operator.apply_layout(list(prepared.qubits), n_qubits) for operator in small.observables
    )
    return small.transformed(circuit, observables)
