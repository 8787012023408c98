"""How good predictions are, each number with a 95% interval."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy import stats
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score

CONFIDENCE = 0.95
"""Level of every interval."""

LEAST_SPREAD = 1e-9
"""Relative range below which values count as constant, and have no correlation."""

Interval = tuple[float, float]


class Scores(BaseModel):
    """Scores of one model on one set of rows; None where a score is not defined.

    Args:
        n: Number of samples.
        n_responder: Number of responders among them.
        auc: Area under the ROC curve; label 1 = responder, score = -prediction, never flipped.
        auc_ci: Newcombe's interval (method 5, Statistics in Medicine 2006).
        spearman: Rank correlation of prediction and measured label.
        spearman_ci: Fisher's interval with the variance of Bonett and Wright (2000).
        pearson: Correlation of prediction and measured label.
        pearson_ci: Fisher's interval.
        mse: Mean squared error, in units of the normalised label.
        mse_ci: Student's interval of the mean.
    """

    model_config = ConfigDict(frozen=True)

    n: int
    n_responder: int
    auc: float | None
    auc_ci: Interval | None
    spearman: float | None
    spearman_ci: Interval | None
    pearson: float | None
    pearson_ci: Interval | None
    mse: float
    mse_ci: Interval


def responder_auc(responder: NDArray[np.bool_], prediction: NDArray[Any]) -> float:
    """Return the AUC of label 1 = responder against score = -prediction.

    A low ln IC50 means sensitive, hence the sign.
    """
    return float(roc_auc_score(responder, -prediction))


def score(label: NDArray[Any], responder: NDArray[np.bool_], prediction: NDArray[Any]) -> Scores:
    """Score predictions of the normalised label.

    Args:
        label: Measured normalised label, shape (n_samples,), of two samples at least.
        responder: Shape (n_samples,).
        prediction: Shape (n_samples,).
    """
    label, prediction = np.asarray(label, dtype=float), np.asarray(prediction, dtype=float)
    n, n_responder = len(label), int(responder.sum())
    errors = (prediction - label) ** 2
    margin = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * stats.sem(errors)
    auc = responder_auc(responder, prediction) if 0 < n_responder < n else None
    varies = all(np.ptp(x) > LEAST_SPREAD * np.abs(x).max() for x in (prediction, label))
    pearson = stats.pearsonr(prediction, label) if varies else None
    spearman = float(stats.spearmanr(prediction, label).statistic) if varies else None
    return Scores(
        n=n,
        n_responder=n_responder,
        auc=auc,
        auc_ci=None if auc is None else auc_interval(auc, n_responder, n - n_responder),
        spearman=spearman,
        spearman_ci=None if spearman is None or n < 4 else spearman_interval(spearman, n),
        pearson=None if pearson is None else float(pearson.statistic),
        pearson_ci=None
        if pearson is None or n < 4
        else tuple(map(float, pearson.confidence_interval(CONFIDENCE))),
        mse=float(errors.mean()),
        mse_ci=(float(max(errors.mean() - margin, 0.0)), float(errors.mean() + margin)),
    )


def auc_interval(auc: float, n_positive: int, n_negative: int) -> Interval:
    """Return Newcombe's score interval of an AUC (method 5).

    The bounds are the AUCs whose Hanley-McNeil standard error, evaluated at the bound itself,
    puts the observed AUC at the normal quantile. It stays inside [0, 1] and keeps a width at
    AUC = 1, which matters with the five to twelve responders of a test set here.
    """
    quantile = stats.norm.ppf((1 + CONFIDENCE) / 2)
    shift = (n_positive + n_negative) / 2 - 1

    def standard_error(area: float) -> float:
        spread = 1 + shift * (1 - area) / (2 - area) + shift * area / (1 + area)
        return float(np.sqrt(area * (1 - area) * spread / (n_positive * n_negative)))

    def distance(area: float, side: float) -> float:
        return area - auc + side * float(quantile) * standard_error(area)

    # 0 and 1 themselves are roots without meaning, hence the step inside.
    low = 0.0 if auc == 0.0 else brentq(distance, 0.0, min(auc, 1 - 1e-9), args=(1.0,))
    high = 1.0 if auc == 1.0 else brentq(distance, max(auc, 1e-9), 1.0, args=(-1.0,))
    return float(low), float(high)


def spearman_interval(correlation: float, n: int) -> Interval:
    """Return Fisher's interval of a rank correlation, variance of Bonett and Wright."""
    z = np.arctanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    margin = stats.norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt((1 + correlation**2 / 2) / (n - 3))
    return float(np.tanh(z - margin)), float(np.tanh(z + margin))
