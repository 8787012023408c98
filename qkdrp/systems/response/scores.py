"""How good predictions are, each number with a 95% interval."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy import stats
from sklearn.metrics import roc_auc_score

from qkdrp.common.intervals import (
    Interval,
    auc_interval,
    mse_interval,
    pearson_interval,
    spearman_interval,
    varies,
)


class Scores(BaseModel):
    """Scores of one model on one set of rows; None where a score is not defined.

    Args:
        n: Number of samples.
        n_responder: Number of responders among them.
        auc: Area under the ROC curve; label 1 = responder, score = -prediction, never flipped.
        auc_ci: From placements, see :func:`~qkdrp.common.intervals.auc_interval`.
        spearman: Rank correlation of prediction and measured label.
        spearman_ci: Fisher's interval, see :func:`~qkdrp.common.intervals.spearman_interval`.
        pearson: Correlation of prediction and measured label.
        pearson_ci: Fisher's interval, see :func:`~qkdrp.common.intervals.pearson_interval`.
        mse: Mean squared error, in units of the normalised label.
        mse_ci: Of the mean, see :func:`~qkdrp.common.intervals.mse_interval`.
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
    mse_ci: Interval | None


def responder_auc(responder: NDArray[np.bool_], prediction: NDArray[Any]) -> float:
    """Return the AUC of label 1 = responder against score = -prediction.

    A low ln IC50 means sensitive, hence the sign.
    """
    return float(roc_auc_score(responder, -prediction))


class PointScores(NamedTuple):
    """Scores without intervals; None where a score is not defined."""

    auc: float | None
    spearman: float | None
    mse: float


def point_scores(
    label: NDArray[np.float64], responder: NDArray[np.bool_], prediction: NDArray[np.float64]
) -> PointScores:
    """Score predictions of the normalised label, without intervals.

    Args:
        label: Measured normalised label, shape (n_samples,).
        responder: Shape (n_samples,).
        prediction: Shape (n_samples,).
    """
    both = 0 < responder.sum() < len(responder)
    related = varies(prediction) and varies(label)
    return PointScores(
        auc=responder_auc(responder, prediction) if both else None,
        spearman=float(stats.spearmanr(prediction, label).statistic) if related else None,
        mse=float(np.mean((prediction - label) ** 2)),
    )


def score(label: NDArray[Any], responder: NDArray[np.bool_], prediction: NDArray[Any]) -> Scores:
    """Score predictions of the normalised label.

    Args:
        label: Measured normalised label, shape (n_samples,), of two samples at least.
        responder: Shape (n_samples,).
        prediction: Shape (n_samples,).
    """
    label, prediction = np.asarray(label, dtype=float), np.asarray(prediction, dtype=float)
    found = point_scores(label, responder, prediction)
    both, related = found.auc is not None, found.spearman is not None
    return Scores(
        n=len(label),
        n_responder=int(responder.sum()),
        auc=found.auc,
        auc_ci=auc_interval(-prediction[responder], -prediction[~responder]) if both else None,
        spearman=found.spearman,
        spearman_ci=spearman_interval(prediction, label) if related else None,
        pearson=float(stats.pearsonr(prediction, label).statistic) if related else None,
        pearson_ci=pearson_interval(prediction, label) if related else None,
        mse=found.mse,
        mse_ci=mse_interval((prediction - label) ** 2),
    )
