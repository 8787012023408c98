import numpy as np
import pytest
from scipy import stats

from qkdrp.common.intervals import auc_interval, mse_interval, pearson_interval, spearman_interval
from qkdrp.systems.response.scores import Scores, responder_auc, score

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
    assert scores.mse_ci == mse_interval(errors)
    assert scores.auc_ci == auc_interval(-prediction[:2], -prediction[2:])
    assert scores.pearson_ci == pytest.approx(pearson_interval(label, prediction))
    assert scores.spearman_ci == pytest.approx(spearman_interval(label, prediction))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_scores_of_very_few_samples_are_finite_or_none(n: int) -> None:
    scores = score(np.arange(n) * 0.1, np.arange(n) < 1, np.arange(n)[::-1] * 0.05)
    for name, value in scores.model_dump().items():
        assert value is None or np.isfinite(value).all(), name


def test_further_scores_are_those_of_the_field() -> None:
    rng = np.random.default_rng(3)
    label = rng.uniform(-1, 1, 40)
    prediction, responder = 0.5 * label + 0.3 * rng.normal(size=40), label < -0.4
    scores = score(label, responder, prediction)
    assert scores.rmse == pytest.approx(scores.mse**0.5)
    assert scores.mae == pytest.approx(np.abs(label - prediction).mean())
    assert scores.r2 == pytest.approx(1 - scores.mse / label.var())
    assert scores.kendall == pytest.approx(stats.kendalltau(label, prediction).statistic)
    order = responder[np.argsort(prediction)]
    by_hand = (np.cumsum(order) / np.arange(1, 41))[order].mean()
    assert scores.aupr == pytest.approx(by_hand)
    for name in ("rmse", "mae", "r2", "kendall", "aupr"):
        low, high = getattr(scores, f"{name}_ci")
        assert low < getattr(scores, name) < high, name


def test_a_constant_prediction_is_as_good_as_the_share_of_responders() -> None:
    scores = score(np.arange(5.0), RESPONDER, np.full(5, 2.0))
    assert scores.aupr == pytest.approx(0.4)
    assert scores.r2 == pytest.approx(0.0)
    assert scores.kendall is None


def test_scores_of_earlier_studies_are_read() -> None:
    new = score(np.arange(5.0), RESPONDER, np.arange(5.0)).model_dump()
    old = {name: value for name, value in new.items() if name in list(new)[:10]}
    assert Scores(**old).aupr is None
