import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.noise.local import assignment_matrices
from qkdrp.backends.noise.readout import assign, draw, mean_and_spread, read_out
from qkdrp.backends.zstrings import eigenvalues
from qkdrp.common.errors import BackendError

ASSIGNMENT = assignment_matrices([0.1, 0.02, 0.3], [0.2, 0.05, 0.0])


def test_assignment_is_the_product_of_its_matrices(rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet(np.ones(8), 3)
    whole = np.kron(ASSIGNMENT[2], np.kron(ASSIGNMENT[1], ASSIGNMENT[0]))
    np.testing.assert_allclose(assign(probabilities, ASSIGNMENT), probabilities @ whole.T)


@pytest.mark.parametrize("label", ["ZIZ", "ZZZ", "IZI"])
def test_both_ways_of_reading_out_agree(label: str, rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet(np.ones(8))
    observable = SparsePauliOp([label, "IIZ"], [0.7, -2.0])
    one = assign(probabilities, ASSIGNMENT) @ eigenvalues(observable)
    other = probabilities @ eigenvalues(read_out(observable, ASSIGNMENT))
    assert one == pytest.approx(other, abs=1e-14)


def test_other_letters_are_refused() -> None:
    with pytest.raises(BackendError, match="expected Z strings"):
        read_out(SparsePauliOp("XIZ"), ASSIGNMENT)


def test_shots_are_binomial_not_normal(rng: np.random.Generator) -> None:
    shares = draw(np.tile([0.98, 0.02], (4000, 1)), 25, rng)[:, 1]
    counts = shares * 25
    np.testing.assert_allclose(counts, counts.round(), atol=1e-12)
    assert shares.min() == 0.0  # normal noise would leave the range
    expected = 0.98**25  # no 1 among 25 shots
    assert abs((counts == 0).mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000)


def test_rows_are_drawn_for_themselves(rng: np.random.Generator) -> None:
    shares = draw(np.tile([0.5, 0.5], (2000, 1)), 100, rng)[:, 0]
    assert shares.std() == pytest.approx(0.05, rel=0.1)
    assert abs(np.corrcoef(shares[::2], shares[1::2])[0, 1]) < 0.13


def test_standard_errors_are_those_of_shots(rng: np.random.Generator) -> None:
    probabilities, worth = rng.dirichlet(np.ones(4)), eigenvalues(SparsePauliOp(["ZZ", "IZ"]))
    shares = draw(np.tile(probabilities, (3000, 1)), 200, rng)
    means, errors = mean_and_spread(shares, [worth], 200)
    assert errors.mean() == pytest.approx(means.std(), rel=0.06)
    assert mean_and_spread(probabilities[None], [worth], 0)[1] == 0.0
