import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Clifford, Operator, SparsePauliOp

from qkdrp.circuits import PQCSpec, build_pqc, compile_program
from qkdrp.circuits.pauli.tail import absorb_tail, conjugate
from tests.circuits.random_circuits import CLIFFORDS, circuits, hermitian, reference_values


def z_string(qubits: list[int], n_qubits: int) -> SparsePauliOp:
    return SparsePauliOp.from_sparse_list([("Z" * len(qubits), qubits, 1.0)], n_qubits)


def test_the_ring_of_four_in_multi() -> None:
    found = build_pqc(PQCSpec(4, 2, 1, absorb_tail=True)).observables
    strings = [[1, 2, 3], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
    assert found == tuple(z_string(qubits, 4) for qubits in strings)


@pytest.mark.parametrize("n_qubits", [2, 3, 5, 8])
def test_the_ring_of_any_size_in_multi(n_qubits: int) -> None:
    found = build_pqc(PQCSpec(n_qubits, 1, 1, absorb_tail=True)).observables
    strings = [list(range(1, n_qubits)), *(list(range(k + 1)) for k in range(1, n_qubits))]
    assert found == tuple(z_string(qubits, n_qubits) for qubits in strings)


@pytest.mark.parametrize("n_qubits", [2, 4, 6, 8])
def test_the_ring_in_single_reads_the_even_qubits(n_qubits: int) -> None:
    found = build_pqc(PQCSpec(n_qubits, 2, 1, "single", absorb_tail=True)).observables
    assert found == (z_string(list(range(0, n_qubits, 2)), n_qubits),)


def test_the_body_ends_with_the_last_rotation() -> None:
    circuit = build_pqc(PQCSpec(4, 2, 1, absorb_tail=True)).circuit
    assert circuit.data[-1].operation.name == "rx"


@given(st.integers(2, 4).flatmap(lambda n: st.tuples(circuits(n, gates=CLIFFORDS), hermitian(n))))
def test_conjugate_is_the_matrix_product(drawn: tuple[QuantumCircuit, SparsePauliOp]) -> None:
    circuit, observable = drawn
    matrix = Operator(circuit).data
    expected = matrix.conj().T @ observable.to_matrix() @ matrix
    found = conjugate(observable, Clifford(circuit))
    np.testing.assert_allclose(found.to_matrix(), expected, atol=1e-12)
    assert not np.any(found.coeffs.imag)


@given(st.data())
def test_any_clifford_tail_can_be_absorbed(data: st.DataObject) -> None:
    n_qubits = data.draw(st.integers(2, 4))
    theta = Parameter("theta")
    circuit = data.draw(circuits(n_qubits, [theta]))
    circuit.ry(theta, 0)
    circuit.compose(data.draw(circuits(n_qubits, gates=CLIFFORDS)), inplace=True)
    observables = [data.draw(hermitian(n_qubits))]

    body, moved = absorb_tail(circuit, observables)

    points = np.array([[0.3], [-1.7]])
    np.testing.assert_allclose(
        reference_values(body, moved, [theta], points),
        reference_values(circuit, observables, [theta], points),
        atol=1e-10,
    )
    assert body.data[-1].operation.name == "ry"
    assert compile_program(body, moved, [theta], []) == compile_program(
        circuit, observables, [theta], []
    )
