import pytest

from qkdrp.circuits.reduce.shapes import SHAPES, ladder, line, tee


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_qubits", [2, 3, 4, 5, 8, 9])
def test_a_shape_connects_all_qubits_once(shape: str, n_qubits: int) -> None:
    pairs = SHAPES[shape](n_qubits)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    reached = {0}
    for _ in range(n_qubits):
        reached |= {q for pair in pairs for q in pair if reached & set(pair)}
    assert reached == set(range(n_qubits))


def test_shapes_are_what_their_names_say() -> None:
    assert line(4) == [(0, 1), (1, 2), (2, 3)]
    assert tee(4) == [(0, 1), (0, 2), (0, 3)]
    assert sorted(ladder(4)) == [(0, 1), (0, 2), (1, 3), (2, 3)]
    degrees = [sum(q in pair for pair in tee(8)) for q in range(8)]
    assert sorted(degrees) == [1, 1, 1, 2, 2, 2, 2, 3]
    assert len(ladder(8)) == 10
