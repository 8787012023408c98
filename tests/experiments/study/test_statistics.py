import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qkdrp.common.intervals import REAL_LINE
from qkdrp.experiments.study.statistics import LEAST_P, adjusted, best_epoch, corrected_mean
from qkdrp.experiments.study.text import p_equation, p_text, share_text, too_few

values = st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=30).map(np.array)


@given(values)
def test_without_overlap_it_is_students_test(found: np.ndarray) -> None:
    if found.std() < 1e-6:
        return
    mean = corrected_mean(found, 10**12, REAL_LINE)
    test = stats.ttest_1samp(found, 0.0)
    interval = test.confidence_interval(0.95)
    np.testing.assert_allclose(
        [mean.value, mean.p, mean.low, mean.high],
        [found.mean(), max(test.pvalue, LEAST_P), interval.low, interval.high],
        rtol=1e-6,
        atol=1e-9,
    )


def test_the_correction_of_nadeau_and_bengio_with_the_freedom_of_one_repeat() -> None:
    # Ten times ten-fold: 1/100 + 1/9 instead of 1/100, and 9 degrees of freedom, not 99.
    found = np.random.default_rng(0).normal(0.1, 0.2, 100)
    mean = corrected_mean(found, 10, REAL_LINE)
    assert mean.se == pytest.approx(np.sqrt((1 / 100 + 1 / 9) * found.var(ddof=1)))
    assert mean.p == pytest.approx(2 * stats.t.sf(abs(mean.value) / mean.se, 9))
    assert mean.high - mean.value == pytest.approx(stats.t.ppf(0.975, 9) * mean.se)


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (0.3, math.nan), (1e-17, 1.0)])
def test_equal_values_have_no_interval_and_never_p_0(value: float, p: float) -> None:
    found = np.full(5, value) + 1e-17 * np.arange(5)
    mean = corrected_mean(found, 5, REAL_LINE)
    assert (mean.value, mean.se) == (pytest.approx(value), 0.0)
    assert mean.p == pytest.approx(p, nan_ok=True)
    assert math.isnan(mean.low)
    assert math.isnan(mean.high)


def test_p_has_a_floor() -> None:
    found = 0.3 + 1e-7 * np.arange(20)
    mean = corrected_mean(found, 20, REAL_LINE)
    assert mean.p == LEAST_P
    assert p_text(mean.p) == "< 0.001"


@pytest.mark.parametrize(("n", "folds"), [(2, 2), (20, 2), (2, 5), (1, 5)])
def test_fewer_than_three_folds_or_values_have_no_interval(n: int, folds: int) -> None:
    mean = corrected_mean(np.linspace(0.4, 0.9, n), folds, (0.0, 1.0))
    assert mean.value == pytest.approx(0.65 if n > 1 else 0.4)
    assert all(math.isnan(each) for each in (mean.se, mean.low, mean.high, mean.p))


def test_intervals_stay_inside_their_range() -> None:
    mean = corrected_mean(np.array([0.3, 0.9, 0.99]), 3, (0.0, 1.0))
    assert (mean.low, mean.high) == (0.0, 1.0)


def test_only_known_p_are_adjusted() -> None:
    q = adjusted(pd.Series([0.01, math.nan, 0.04], index=[3, 5, 9]))
    assert q.loc[[3, 9]].tolist() == pytest.approx([0.02, 0.04])
    assert math.isnan(q[5])
    assert adjusted(pd.Series([], dtype=object)).empty


def test_numbers_in_words() -> None:
    assert [p_text(p) for p in (0.0412, 0.001, 0.0009, math.nan)] == [
        "0.041", "0.001", "< 0.001", "-",
    ]  # fmt: skip
    assert [p_equation("q", p) for p in (0.2, 1e-6, math.nan)] == ["q = 0.2", "q < 0.001", "no q"]
    assert [share_text(s) for s in (0.62, 1.0, math.nan)] == ["62%", "> 99%", "-"]
    assert "2 folds" in too_few(2)
    assert too_few(3) == ""


def test_the_best_epoch_is_of_the_mean_curve() -> None:
    curves = np.array([[0.9, 0.6, 0.5], [0.1, 0.6, 0.5]])
    assert best_epoch(curves) == 2
    assert best_epoch(np.array([[0.5, 0.7, 0.7]])) == 2  # the first of several
