import numpy as np
import pytest

from qkdrp.common.conformal import conformal_bounds, percentiles


def test_one_model_gets_the_residual_of_the_conformal_rank() -> None:
    residuals = np.arange(1.0, 20.0)  # 19: rank 18 of 19 at 90%
    low, high = conformal_bounds(np.array([[5.0, -2.0]]), [residuals], 0.9)
    np.testing.assert_allclose(high, [23.0, 16.0])
    np.testing.assert_allclose(low, [-13.0, -20.0])


def test_too_few_residuals_bound_nothing() -> None:
    low, high = conformal_bounds(np.zeros((1, 1)), [np.ones(8)], 0.9)
    assert (low[0], high[0]) == (-np.inf, np.inf)
    _, high = conformal_bounds(np.zeros((1, 1)), [np.ones(9)], 0.9)  # 0.9 * 10 = 9, exactly
    assert high[0] == 1.0


def test_infinite_residuals_count_as_far() -> None:
    residuals = np.r_[np.ones(17), np.inf, np.inf]
    low, high = conformal_bounds(np.array([[0.0, np.inf]]), [residuals], 0.9)
    assert np.isinf(low).all()
    assert np.isinf(high).all()


@pytest.mark.parametrize("n_models", [1, 3])
def test_coverage_is_what_was_asked_for(n_models: int, rng: np.random.Generator) -> None:
    """Exchangeable rows: the share that is held is coverage to within 1 / (n + 1) and chance."""
    held = []
    for _ in range(400):
        offsets = rng.normal(0, 0.3, n_models)  # each model errs in its own way
        residuals = [np.abs(rng.standard_normal(40) - offset) for offset in offsets]
        predictions = np.tile(offsets[:, np.newaxis], 50)
        low, high = conformal_bounds(predictions, residuals, 0.9)
        new = rng.standard_normal(50)
        held.append(((low <= new) & (new <= high)).mean())
    assert 0.89 < np.mean(held) < 0.93


def test_one_model_twice_is_that_model(rng: np.random.Generator) -> None:
    predictions, residuals = rng.normal(size=(1, 7)), np.abs(rng.normal(size=99))
    once = conformal_bounds(predictions, [residuals], 0.8)
    assert np.all(once[0] < predictions[0])
    twice = conformal_bounds(np.vstack([predictions] * 2), [residuals] * 2, 0.8)
    np.testing.assert_allclose(twice, once, atol=0.1)


def test_percentiles_lie_between_0_and_100() -> None:
    values = np.array([-1.0, 1.0, 2.5, 3.0, 9.0, np.nan])
    found = percentiles(values, np.array([3.0, 1.0, 2.0, 4.0]))
    np.testing.assert_allclose(found, [0.0, 0.0, 50.0, 200 / 3, 100.0, np.nan])
    tied = percentiles(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 2.0, 3.0]))
    np.testing.assert_allclose(tied, [0.0, 50.0, 100.0])
    np.testing.assert_allclose(percentiles(values[:3], np.ones(5)), [0.0, 50.0, 100.0])
