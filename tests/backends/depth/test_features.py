import pytest
from qiskit import QuantumCircuit

from qkdrp.backends.depth.features import critical_depth, parallelism


def ghz(n_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n_qubits)
    circuit.h(0)
    for q in range(n_qubits - 1):
        circuit.cx(q, q + 1)
    return circuit


def test_a_ladder_is_all_critical_and_has_no_parallelism() -> None:
    assert critical_depth(ghz(5)) == 1.0
    assert parallelism(ghz(5)) == 0.0


def test_gates_side_by_side_are_parallel() -> None:
    circuit = QuantumCircuit(4)
    circuit.cx(0, 1)
    circuit.cx(2, 3)
    circuit.barrier()
    assert critical_depth(circuit) == 0.5
    assert parallelism(circuit) == pytest.approx((2 / 1 - 1) / 3)
    full = QuantumCircuit(4)
    full.h(range(4))
    assert parallelism(full) == 1.0
    assert critical_depth(full) == 0.0


def test_of_several_longest_paths_the_one_with_most_two_qubit_gates_counts() -> None:
    circuit = QuantumCircuit(3)
    for _ in range(2):
        circuit.h(0)
    circuit.cx(1, 2)
    circuit.cx(1, 2)
    assert critical_depth(circuit) == 1.0


def test_nothing_has_neither() -> None:
    assert critical_depth(QuantumCircuit(0)) == parallelism(QuantumCircuit(1)) == 0.0
