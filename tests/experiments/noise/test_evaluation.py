import numpy as np
import pytest

from qkdrp.backends.noise.levels import values_of
from qkdrp.experiments.noise.cells import Cell
from qkdrp.experiments.noise.evaluation import (
    contrast,
    drawn_contrast,
    drawn_values,
    evaluate_cell,
    generator_of,
    score_values,
)
from qkdrp.experiments.noise.layer import Layer

N_SAMPLES, N_QUBITS = 40, 3
KEY, OTHER = "11aa", "11ab"


@pytest.fixture
def shares(rng: np.random.Generator) -> np.ndarray:
    return rng.dirichlet(np.ones(1 << N_QUBITS), (N_SAMPLES, 1))  # one basis


@pytest.fixture
def worth() -> np.ndarray:
    strings = np.arange(1 << N_QUBITS)
    return np.array([1.0 - 2.0 * (strings >> qubit & 1) for qubit in range(N_QUBITS)]).T[np.newaxis]


def cell(shots: int, scale: float = 1.0) -> Cell:
    return Cell(source="somewhere", parts="all", on=("gates",), scale=scale, shots=shots)


def deviations(shares: np.ndarray, worth: np.ndarray, shots: int, count: int) -> np.ndarray:
    """Return what shots add to each value, in units of its standard error."""
    values = drawn_values(shares, worth, shots, count, generator_of(KEY, cell(shots)))
    return values - values_of(shares, worth)


def test_halving_the_shots_grows_the_standard_error_by_the_root_of_two(
    shares: np.ndarray, worth: np.ndarray
) -> None:
    errors = {n: deviations(shares, worth, n, 400).std() for n in (2048, 1024, 512, 256)}
    for shots in (1024, 512, 256):
        assert errors[shots] / errors[2 * shots] == pytest.approx(2**0.5, rel=0.1)
    expected = np.sqrt(np.mean((1 - values_of(shares, worth) ** 2) / 1024))
    assert errors[1024] == pytest.approx(expected, rel=0.02)


def test_the_reported_standard_error_is_that_of_the_shots(
    shares: np.ndarray, worth: np.ndarray, rng: np.random.Generator
) -> None:
    layer = Layer(np.zeros((N_SAMPLES, 1)), np.zeros(1), np.array([0.3, -0.2, 0.5]), 0.1)
    label, responder = rng.normal(size=N_SAMPLES), np.arange(N_SAMPLES) < 10
    found = {}
    for shots in (512, 1024):
        found[shots] = evaluate_cell(
            cell(shots), layer, values_of(shares, worth), shares, worth, label, responder, 60,
            generator_of(KEY, cell(shots)),
        )  # fmt: skip
    assert found[512].standard_error is not None
    assert found[1024].standard_error is not None
    ratio = found[512].standard_error / found[1024].standard_error
    assert ratio == pytest.approx(2**0.5, rel=0.1)
    assert found[512].repetitions == 60
    assert found[512].contrast == 1.0
    assert found[512].value_shift == 0.0
    assert found[512].sd is not None


def test_repetitions_are_uncorrelated(shares: np.ndarray, worth: np.ndarray) -> None:
    noise = deviations(shares, worth, 256, 60).reshape(60, -1)
    correlations = np.corrcoef(noise)[np.triu_indices(60, 1)]
    independent = 1 / np.sqrt(noise.shape[1])
    assert abs(correlations.mean()) < 4 * independent / np.sqrt(len(correlations))
    assert np.abs(correlations).max() < 6 * independent
    assert correlations.std() == pytest.approx(independent, rel=0.15)


def test_cells_and_models_draw_shots_of_their_own(shares: np.ndarray, worth: np.ndarray) -> None:
    settings = [(KEY, cell(256)), (KEY, cell(256, 2.0)), (OTHER, cell(256))]
    noise = [
        (
            drawn_values(shares, worth, 256, 1, generator_of(*each)) - values_of(shares, worth)
        ).ravel()
        for each in settings
    ]
    correlations = np.corrcoef(noise)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < 4 / np.sqrt(noise[0].size)
    again = drawn_values(shares, worth, 256, 1, generator_of(KEY, cell(256)))
    np.testing.assert_array_equal((again - values_of(shares, worth)).ravel(), noise[0])


def test_values_are_counts_of_shots(shares: np.ndarray, worth: np.ndarray) -> None:
    counts = drawn_values(shares, worth, 100, 2, generator_of(KEY, cell(100))) * 50
    np.testing.assert_allclose(counts, counts.round(), atol=1e-9)


def test_infinitely_many_shots_are_evaluated_once(shares: np.ndarray, worth: np.ndarray) -> None:
    found = drawn_values(shares, worth, 0, 9, generator_of(KEY, cell(0)))
    np.testing.assert_array_equal(found, values_of(shares, worth)[np.newaxis])


def test_contrast_is_the_factor_by_which_outputs_shrink(rng: np.random.Generator) -> None:
    exact = rng.normal(size=(50, 3))
    assert contrast(0.7 * exact + 0.1, exact) == pytest.approx(0.7)
    assert contrast(np.zeros((50, 3)), exact) == 0.0
    assert contrast(exact, np.ones((50, 3))) is None


def test_contrast_with_shots_is_right_on_average_and_knows_its_error(
    rng: np.random.Generator,
) -> None:
    exact = rng.normal(0.0, 0.1, (50, 3))
    errors = np.full_like(exact, 0.2)
    found = [
        drawn_contrast(0.7 * exact + 0.1 + errors * rng.normal(size=exact.shape), errors, exact)
        for _ in range(400)
    ]
    slopes, ses = np.array(found).T
    assert slopes.mean() == pytest.approx(0.7, abs=4 * ses[0] / 20)
    assert slopes.std() == pytest.approx(ses[0], rel=0.15)
    assert drawn_contrast(exact, errors, np.ones((50, 3))) is None


def test_constant_predictions_have_no_correlation(rng: np.random.Generator) -> None:
    layer = Layer(np.zeros((9, 1)), np.zeros(1), np.array([2.0]), -1.0)
    label = rng.normal(size=9)
    scores = score_values(layer, np.full((9, 1), 0.5), label, np.arange(9) < 3)
    assert scores.spearman is None
    assert scores.auc == 0.5
    assert scores.mse == pytest.approx(np.mean(label**2))
