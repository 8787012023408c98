import pytest
from qiskit import QuantumCircuit

from qkdrp.circuits import ENTANGLERS
from qkdrp.circuits.entanglers import brick, linear, ring


def test_ring_closes_and_goes_round_in_order() -> None:
    assert ring(4) == [(0, 1), (1, 2), (2, 3), (3, 0)]


def test_linear_is_the_ring_left_open() -> None:
    assert linear(4) == [(0, 1), (1, 2), (2, 3)]


def test_brick_takes_even_controls_first() -> None:
    assert brick(4) == [(0, 1), (2, 3), (1, 2), (3, 0)]


@pytest.mark.parametrize("n_qubits", range(2, 9))
def test_brick_has_the_cnots_of_the_ring(n_qubits: int) -> None:
    assert sorted(brick(n_qubits)) == sorted(ring(n_qubits))


@pytest.mark.parametrize(("name", "depth"), [("ring", 6), ("linear", 5), ("brick", 2)])
def test_depth_of_six_qubits(name: str, depth: int) -> None:
    circuit = QuantumCircuit(6)
    for pair in ENTANGLERS[name](6):
        circuit.cx(*pair)
    assert circuit.depth() == depth


def test_a_pair_of_qubits_is_the_smallest_ring() -> None:
    assert ring(2) == brick(2) == [(0, 1), (1, 0)]
    assert linear(2) == [(0, 1)]


def test_none_has_no_cnots() -> None:
    assert ENTANGLERS["none"](5) == []
