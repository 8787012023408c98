import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp

from qkdrp.backends.isa.basis_change import basis_change, turned_to
from qkdrp.circuits.pauli.bases import find_bases

HERON = ("cz", "id", "rz", "sx", "x")


@pytest.mark.parametrize("gates", [HERON, ("rx", "rz", "cx"), ("u3", "cx"), ("r", "cx")])
@pytest.mark.parametrize("letter", ["X", "Y"])
def test_z_afterwards_is_the_letter_before(letter: str, gates: tuple[str, ...]) -> None:
    (basis,) = find_bases([SparsePauliOp(letter)])
    change = basis_change(basis, gates)
    assert {each.name for each in change.data} <= set(gates)
    turn = Operator(change).data
    found = turn.conj().T @ SparsePauliOp("Z").to_matrix() @ turn
    np.testing.assert_allclose(found, SparsePauliOp(letter).to_matrix(), rtol=0, atol=1e-12)


def test_a_device_takes_one_pulse_for_each_qubit_that_is_turned() -> None:
    (basis,) = find_bases([SparsePauliOp("ZXY")])
    counts = basis_change(basis, HERON).count_ops()
    assert dict(counts) == {"sx": 2, "rz": 1}


@pytest.mark.parametrize("letter", ["X", "Y"])
def test_a_device_may_list_what_is_no_standard_gate(letter: str) -> None:
    (basis,) = find_bases([SparsePauliOp(letter)])
    assert basis_change(basis, (*HERON, "measure_2", "if_else")) == basis_change(basis, HERON)


def test_a_circuit_read_in_z_is_the_same_object() -> None:
    circuit = QuantumCircuit(2, metadata={"physical_qubits": [3, 4]})
    (plain,), (turned,) = (find_bases([SparsePauliOp(label)]) for label in ("ZI", "XI"))
    assert turned_to(circuit, plain, HERON) is circuit
    assert turned_to(circuit, turned, HERON).metadata == circuit.metadata
    assert not circuit.data
