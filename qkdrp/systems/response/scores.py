"""How good predictions are, each number with a 95% interval."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy import stats
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

from qkdrp.common.field_intervals import aupr_interval, kendall_interval, r2_interval
from qkdrp.common.intervals import (
    Interval,
    Reals,
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
        aupr: Area under the precision-recall curve (average precision), responders positive; the
            share of responders is what chance gives.
        aupr_ci: See :func:`~qkdrp.common.field_intervals.aupr_interval`.
        kendall: Kendall's rank correlation (tau-b) of prediction and measured label.
        kendall_ci: See :func:`~qkdrp.common.field_intervals.kendall_interval`.
        r2: Share of the variance of the measured label that is predicted; below 0 where the mean
            would be closer.
        r2_ci: See :func:`~qkdrp.common.field_intervals.r2_interval`.
        rmse: Root of ``mse``.
        rmse_ci: Roots of the bounds of ``mse_ci``.
        mae: Mean absolute error, in units of the normalised label.
        mae_ci: Of the mean, as that of ``mse``: absolute errors are skewed, too.
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
    # Came later: None in results of studies that were kept before.
    aupr: float | None = None
    aupr_ci: Interval | None = None
    kendall: float | None = None
    kendall_ci: Interval | None = None
    r2: float | None = None
    r2_ci: Interval | None = None
    rmse: float | None = None
    rmse_ci: Interval | None = None
    mae: float | None = None
    mae_ci: Interval | None = None


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
        **_further_scores(label, responder, prediction),
    )


def _further_scores(
    label: Reals, responder: NDArray[np.bool_], prediction: Reals
) -> dict[str, Any]:
    """Return further scores of the field with their intervals; those that are defined.

    Args:
        label: Measured normalised label, shape (n_samples,).
        responder: Shape (n_samples,).
        prediction: Shape (n_samples,).
    """
    errors = np.abs(prediction - label)
    squared = mse_interval(errors**2)
    found: dict[str, Any] = {
        "rmse": float(np.mean(errors**2)) ** 0.5,
        "rmse_ci": squared and (squared[0] ** 0.5, squared[1] ** 0.5),
        "mae": float(errors.mean()),
        "mae_ci": mse_interval(errors),
    }
    if 0 < responder.sum() < len(responder):
        area = float(average_precision_score(responder, -prediction))
        found |= {"aupr": area, "aupr_ci": aupr_interval(area, responder)}
    if varies(label):
        found |= {
            "r2": float(r2_score(label, prediction)),
            "r2_ci": r2_interval(label, prediction),
        }
        if varies(prediction):
            found |= {
                "kendall": float(stats.kendalltau(prediction, label).statistic),
                "kendall_ci": kendall_interval(prediction, label),
            }
    return found
