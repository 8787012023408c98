"""Means over cross-validation folds, with intervals corrected for the rows that folds share."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qkdrp.common.intervals import LEAST_SPREAD, LEAST_VALUES, TAIL, Interval, clipped

LEAST_P = 1e-6
"""Floor of p: no test over folds can tell smaller ones apart."""


@dataclass(frozen=True)
class Mean:
    """A mean over folds; not a number where the folds do not tell.

    Args:
        value: The mean.
        se: Corrected standard error.
        low: Lower end of the 95% interval.
        high: Upper end.
        p: Two-sided p-value of the mean being 0, never below :data:`LEAST_P`.
    """

    value: float
    se: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan


def variance_factor(n: int, folds: int) -> float:
    """Return the variance of a mean over repeated cross-validation by that of its values.

    Training sets of different folds overlap, so their results are correlated, and 1/n is too
    small. Nadeau and Bengio (Machine Learning 52, 2003) take 1/n + n_validation / n_training,
    which is 1/n + 1/(folds - 1) here.

    Args:
        n: Number of values, one per fold and repeat.
        folds: Number of folds of one repeat.
    """
    return 1 / n + 1 / (folds - 1)


def freedom(n: int, folds: int) -> int:
    """Return the degrees of freedom of a mean over repeated cross-validation: folds - 1.

    Repeats draw the same rows anew. With n - 1 degrees of freedom, as for independent values, the
    error of the test grows with every repeat (docs/statistics.md).

    Args:
        n: Number of values, one per fold and repeat.
        folds: Number of folds of one repeat.
    """
    return min(n, folds) - 1


def tells(n: int, folds: int) -> bool:
    """Tell whether so many values and folds give an interval: three of each at least."""
    return min(n, folds) >= LEAST_VALUES


def corrected_mean(values: NDArray[np.float64], folds: int, within: Interval) -> Mean:
    """Return the mean over repeated cross-validation, by the corrected resampled t-test.

    Without an interval for fewer than three values or folds. Values that are all the same say
    nothing about their spread: no interval, and p = 1 if they are 0, none otherwise.

    Args:
        values: One per fold and repeat, shape (n,), at least one.
        folds: Number of folds of one repeat.
        within: The values that the mean can have.
    """
    n, value = len(values), float(values.mean())
    if not tells(n, folds):
        return Mean(value)
    rounding = LEAST_SPREAD * max(float(np.abs(values).max()), 1.0)
    if np.ptp(values) <= rounding:
        return Mean(value, se=0.0, p=1.0 if abs(value) <= rounding else math.nan)
    se = float(np.sqrt(variance_factor(n, folds) * values.var(ddof=1)))
    margin = float(stats.t.ppf(TAIL, freedom(n, folds))) * se
    p = float(2 * stats.t.sf(abs(value) / se, freedom(n, folds)))
    return Mean(value, se, *clipped(value - margin, value + margin, within), max(p, LEAST_P))
