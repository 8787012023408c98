"""95% intervals by resampling whole groups of rows, such as subjects with all their observations.

Every score here is a function of means over rows, so a resample is a weighted sum over groups.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.intervals import LEAST_VALUES, TAIL, Interval

Reals = NDArray[np.float64]

Statistic = Callable[[Reals], Reals]
"""Takes means of columns, shape (n_resamples, n_columns), and returns the score of each."""

RESAMPLES = 1000
"""Bootstrap samples of every interval."""

_SEED = 0


def grouped_interval(
    columns: Reals, groups: NDArray[np.int64], statistic: Statistic
) -> Interval | None:
    """Return the interval of a score of rows that are not independent within groups.

    Args:
        columns: What the score is made of, shape (n_rows, n_columns).
        groups: Group of each row, from 0, shape (n_rows,).
        statistic: Takes means of the columns.

    Returns:
        None for fewer than three groups, or where the score is seldom defined.
    """
    values = bootstrap_values(columns, groups, statistic)
    if values is None:
        return None
    low, high = np.quantile(values, [1 - TAIL, TAIL])
    return float(low), float(high)


def bootstrap_values(
    columns: Reals, groups: NDArray[np.int64], statistic: Statistic
) -> Reals | None:
    """Return a score in bootstrap samples of groups, shape (n_defined,).

    Args:
        columns: As for :func:`grouped_interval`.
        groups: Group of each row, from 0, shape (n_rows,).
        statistic: Takes means of the columns.

    Returns:
        None for fewer than three groups, or where the score is seldom defined.
    """
    _, groups = np.unique(groups, return_inverse=True)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    if n_groups < LEAST_VALUES:
        return None
    counted = (*columns.T, np.ones(len(groups)))
    sums = np.column_stack([np.bincount(groups, each) for each in counted])
    resampled = _weights(n_groups) @ sums
    with np.errstate(invalid="ignore", divide="ignore"):
        values = statistic(resampled[:, :-1] / resampled[:, -1:])
    values = values[np.isfinite(values)]
    return values if len(values) >= RESAMPLES // 2 else None


@lru_cache(maxsize=8)
def _weights(n_groups: int) -> Reals:
    """Return how often each group is in each resample, shape (n_resamples, n_groups)."""
    rng = np.random.default_rng(_SEED)
    share = np.full(n_groups, 1 / n_groups)
    return rng.multinomial(n_groups, share, size=RESAMPLES).astype(np.float64)
