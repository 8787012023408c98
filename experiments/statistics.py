"""Means over cross-validation folds, with intervals that know that folds share their rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qkdrp.metrics import CONFIDENCE


@dataclass(frozen=True)
class Mean:
    """A mean over folds.

    Args:
        value: The mean.
        se: Corrected standard error.
        low: Lower end of the 95% interval.
        high: Upper end.
        p: Two-sided p-value of the mean being 0.
    """

    value: float
    se: float
    low: float
    high: float
    p: float


def corrected_mean(values: NDArray[np.float64], folds: int) -> Mean:
    """Return the mean over repeated cross-validation, by the corrected resampled t-test.

    Training sets of different folds overlap, so their results are correlated, and the plain
    standard error is too small. Nadeau and Bengio (Machine Learning 52, 2003) replace 1/n by
    1/n + n_validation / n_training, which is 1/n + 1/(folds - 1) here; Student's t has n - 1
    degrees of freedom.

    Args:
        values: One per fold and repeat, shape (n,), at least two.
        folds: Number of folds of one repeat.
    """
    n, value = len(values), float(values.mean())
    se = float(np.sqrt((1 / n + 1 / (folds - 1)) * values.var(ddof=1)))
    margin = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * se
    t = abs(value) / se if se > 0.0 else np.inf if value else 0.0
    p = float(2 * stats.t.sf(t, n - 1))
    return Mean(value, se, value - margin, value + margin, p)


def best_epoch(curves: NDArray[np.float64]) -> int:
    """Return the epoch, from 1, at which the mean curve is highest; the first of several.

    Args:
        curves: Validation AUC, shape (n_runs, n_epochs).
    """
    return int(np.argmax(curves.mean(axis=0))) + 1
