import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qkdrp.experiments.statistics import best_epoch, corrected_mean

values = st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=30).map(np.array)


@given(values)
def test_without_overlap_it_is_students_test(found: np.ndarray) -> None:
    if found.std() < 1e-6:
        return
    mean = corrected_mean(found, folds=10**12)
    test = stats.ttest_1samp(found, 0.0)
    interval = test.confidence_interval(0.95)
    np.testing.assert_allclose(
        [mean.value, mean.p, mean.low, mean.high],
        [found.mean(), test.pvalue, interval.low, interval.high],
        rtol=1e-6,
        atol=1e-9,
    )


def test_the_correction_of_nadeau_and_bengio() -> None:
    # Ten times ten-fold: 1/100 + 1/9 instead of 1/100.
    found = np.random.default_rng(0).normal(0.1, 0.2, 100)
    mean = corrected_mean(found, folds=10)
    assert mean.se == pytest.approx(np.sqrt((1 / 100 + 1 / 9) * found.var(ddof=1)))
    assert mean.p == pytest.approx(2 * stats.t.sf(abs(mean.value) / mean.se, 99))


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (0.3, 0.0)])
def test_values_that_do_not_vary(value: float, p: float) -> None:
    mean = corrected_mean(np.full(5, value), folds=5)
    assert (mean.value, mean.se, mean.p) == (pytest.approx(value), 0.0, p)


def test_the_best_epoch_is_of_the_mean_curve() -> None:
    curves = np.array([[0.9, 0.6, 0.5], [0.1, 0.6, 0.5]])
    assert best_epoch(curves) == 2
    assert best_epoch(np.array([[0.5, 0.7, 0.7]])) == 2  # the first of several
