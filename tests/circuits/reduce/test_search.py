import numpy as np
import pytest

from qkdrp.circuits.reduce.lengths import string_lengths
from qkdrp.circuits.reduce.network import Strings, apply_cnot
from qkdrp.circuits.reduce.search import find_network
from qkdrp.circuits.reduce.shapes import line, tee
from qkdrp.common.errors import CircuitError


def strings(masks: list[int], is_z: list[bool], n_read: int = 0) -> Strings:
    crossed = [
        [(a & b).bit_count() % 2 == 1 and u != v for b, v in zip(masks, is_z, strict=True)]
        for a, u in zip(masks, is_z, strict=True)
    ]
    before = np.triu(np.array(crossed), 1)
    return Strings(np.array(masks), np.array(is_z), before, n_read, n_read > 0)


def come_by(problem: Strings, n_qubits: int, couplings: list[tuple[int, int]]) -> int:
    """Follow a network and check that each string comes by in order; return its CNOTs."""
    network = find_network(problem, couplings, n_qubits)
    masks = np.array(network.start)
    left = set(range(len(masks) - problem.n_read))
    for gate in [None, *network.gates]:
        if gate is not None:
            assert gate in couplings or gate[::-1] in couplings
            masks = apply_cnot(masks, problem.is_z, *gate)
        for index in sorted(left):
            waits = any(problem.before[other, index] for other in left)
            if int(masks[index]).bit_count() == 1 and not waits:
                left.remove(index)
    assert not left
    assert all(int(mask).bit_count() == 1 for mask in masks[len(masks) - problem.n_read :])
    return len(network.gates)


def test_lengths_count_the_qubits_between() -> None:
    found = string_lengths(line(4), 4)
    assert [found[mask] for mask in (0b0001, 0b0011, 0b0111, 0b0101, 0b1001, 0b1101)] == [
        0, 1, 2, 3, 5, 4,
    ]  # fmt: skip
    star = string_lengths(tee(4), 4)
    assert (star[0b0110], star[0b1111]) == (3, 3)


def test_a_cnot_moves_z_to_the_control_and_x_to_the_target() -> None:
    masks = np.array([0b01, 0b10, 0b01, 0b10])
    is_z = np.array([True, True, False, False])
    assert apply_cnot(masks, is_z, 0, 1).tolist() == [0b01, 0b11, 0b11, 0b10]


def test_commuting_strings_of_one_frame_cost_nothing() -> None:
    # Independent X strings on |0...0> are single in a frame that costs nothing to begin in.
    assert come_by(strings([0b011, 0b110, 0b111], [False] * 3), 3, line(3)) == 0


def test_a_string_of_each_kind_takes_the_shortest_way() -> None:
    problem = strings([0b01, 0b10, 0b11], [False, False, True])
    assert come_by(problem, 2, line(2)) == 1


@pytest.mark.parametrize("couplings", [line(5), tee(5)], ids=["line", "tee"])
def test_random_strings_come_by_in_order(
    couplings: list[tuple[int, int]], rng: np.random.Generator
) -> None:
    for _ in range(5):
        masks = rng.integers(1, 32, size=12).tolist()
        is_z = (np.arange(12) // 4 % 2 == 1).tolist()
        assert come_by(strings(masks, is_z), 5, couplings) > 0


def test_what_is_read_can_be_brought_to_single_qubits() -> None:
    problem = strings([0b001, 0b010, 0b111, 0b011, 0b110, 0b100], [False] * 2 + [True] * 4, 3)
    assert come_by(problem, 3, line(3)) > 0


def test_too_many_qubits_are_refused() -> None:
    with pytest.raises(CircuitError, match="up to 14"):
        find_network(strings([1], [True]), line(15), 15)
