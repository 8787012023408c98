import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qkdrp.metrics import auc_interval, responder_auc, score, spearman_interval

SIZES = st.integers(1, 60)
RESPONDER = np.array([True, True, False, False, False])


def test_a_low_prediction_means_responder() -> None:
    low_first = np.array([-1.0, -0.9, 0.0, 0.3, 0.5])
    assert responder_auc(RESPONDER, low_first) == 1.0
    assert responder_auc(RESPONDER, -low_first) == 0.0


def test_ties_count_half() -> None:
    assert responder_auc(RESPONDER, np.zeros(5)) == 0.5
    # Of six pairs four are right and one is a tie.
    prediction = np.array([0.1, 0.3, 0.1, 0.4, 0.5])
    assert responder_auc(RESPONDER, prediction) == pytest.approx((3 - 0.5 + 2) / 6)


@pytest.mark.parametrize("flag", [True, False])
def test_one_class_has_no_auc(flag: bool) -> None:
    scores = score(np.arange(5.0), np.full(5, flag), np.arange(5.0))
    assert scores.auc is None
    assert scores.auc_ci is None
    assert scores.n_responder == 5 * flag
    assert scores.spearman == pytest.approx(1.0)


def test_a_constant_prediction_has_no_correlation() -> None:
    scores = score(np.arange(5.0), RESPONDER, np.ones(5))
    assert scores.spearman is scores.spearman_ci is scores.pearson is scores.pearson_ci is None
    assert scores.auc == 0.5


def test_scores_by_hand() -> None:
    label = np.array([-0.5, -0.4, 0.1, 0.3, 0.5])
    prediction = np.array([-0.3, -0.5, 0.2, 0.0, 0.1])
    scores = score(label, RESPONDER, prediction)
    errors = (label - prediction) ** 2
    assert scores.mse == pytest.approx(errors.mean())
    assert scores.pearson == pytest.approx(np.corrcoef(label, prediction)[0, 1])
    assert scores.spearman == pytest.approx(stats.spearmanr(label, prediction).statistic)
    interval = stats.ttest_1samp(errors, 0.0).confidence_interval()
    assert scores.mse_ci == pytest.approx((max(interval.low, 0.0), interval.high))
    expected = stats.pearsonr(label, prediction).confidence_interval()
    assert scores.pearson_ci == pytest.approx(tuple(expected))


def test_an_mse_interval_never_goes_below_zero() -> None:
    low, high = score(np.zeros(5), RESPONDER, np.array([0, 0, 0, 0, 1.0])).mse_ci
    assert low == 0.0
    assert high > 0.2


@pytest.mark.parametrize("n", [2, 3, 4])
def test_scores_of_very_few_samples_are_finite_or_none(n: int) -> None:
    scores = score(np.arange(n) * 0.1, np.arange(n) < 1, np.arange(n)[::-1] * 0.05)
    for name, value in scores.model_dump().items():
        assert value is None or np.isfinite(value).all(), name


@given(st.floats(0, 1), SIZES, SIZES)
def test_the_auc_interval_holds_the_auc_and_stays_inside(
    auc: float, n_positive: int, n_negative: int
) -> None:
    low, high = auc_interval(auc, n_positive, n_negative)
    assert 0.0 <= low <= auc <= high <= 1.0
    assert high > low


@pytest.mark.parametrize("auc", [0.0, 1.0])
def test_the_auc_interval_has_a_width_at_the_ends(auc: float) -> None:
    low, high = auc_interval(auc, 8, 75)
    assert 0.1 < high - low < 0.5


@given(st.floats(0.001, 0.999), SIZES, SIZES)
def test_the_auc_interval_is_symmetric(auc: float, n_positive: int, n_negative: int) -> None:
    low, high = auc_interval(auc, n_positive, n_negative)
    swapped = auc_interval(1 - auc, n_negative, n_positive)
    assert swapped == pytest.approx((1 - high, 1 - low), abs=1e-6)


def test_the_auc_interval_narrows_with_more_samples() -> None:
    widths = [np.diff(auc_interval(0.7, 8 * factor, 75 * factor))[0] for factor in (1, 4, 16)]
    assert widths[0] > 1.8 * widths[1] > 3 * widths[2]


@pytest.mark.parametrize("auc", [0.6, 0.8, 0.9])
def test_the_auc_interval_covers_what_it_promises(auc: float, rng: np.random.Generator) -> None:
    shift = np.sqrt(2) * stats.norm.ppf(auc)
    responder = np.arange(83) < 8
    covered = 0
    for _ in range(300):
        found = responder_auc(responder, rng.normal(size=83) - shift * responder)
        low, high = auc_interval(found, 8, 75)
        covered += low <= auc <= high
    assert covered / 300 >= 0.92


@given(st.floats(-1, 1), st.integers(4, 500))
def test_the_spearman_interval_holds_the_correlation(correlation: float, n: int) -> None:
    low, high = spearman_interval(correlation, n)
    assert -1 <= low <= correlation + 1e-9
    assert correlation - 1e-9 <= high <= 1


def test_the_spearman_interval_by_hand() -> None:
    margin = stats.norm.ppf(0.975) * np.sqrt((1 + 0.5**2 / 2) / 80)
    expected = np.tanh([np.arctanh(0.5) - margin, np.arctanh(0.5) + margin])
    assert spearman_interval(0.5, 83) == pytest.approx(tuple(expected))
