"""How much features count by one method, with intervals over rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qkdrp.common.intervals import LEAST_VALUES, TAIL

Reals = NDArray[np.float64]

PERMUTATION, GRADIENTS = "permutation", "integrated_gradients"
METHODS = (PERMUTATION, GRADIENTS)
"""The two ways to measure importance, as tables and files call them."""

LEAST = {PERMUTATION: -np.inf, GRADIENTS: 0.0}
"""The smallest importance by each method: a permutation may lower a loss."""


@dataclass(frozen=True, eq=False)
class Importance:
    """How much each feature counts.

    Args:
        means: Over rows or runs, shape (n_features,); higher counts more.
        low: Lower ends of 95% intervals, same shape.
        high: Upper ends, same shape.
    """

    means: Reals
    low: Reals
    high: Reals

    @property
    def ranks(self) -> Reals:
        """Place of each feature, 1 for the most important; equal ones share a mean place.

        NaN for features without a value.
        """
        return np.asarray(stats.rankdata(-self.means, nan_policy="omit"))


def mean_importance(shares: Reals, least: float = -np.inf) -> Importance:
    """Return means with Student's intervals.

    Args:
        shares: What each row, or each run, says of each feature, shape (n_features, n); NaN where
            one says nothing. Fewer than three give no interval.
        least: The smallest value that there can be; no interval goes beyond.
    """
    there = (~np.isnan(shares)).sum(axis=1)
    values, spread = np.full((2, len(shares)), np.nan)
    some, enough = there > 0, there >= LEAST_VALUES
    values[some] = np.nanmean(shares[some], axis=1)
    spread[enough] = np.nanstd(shares[enough], axis=1, ddof=1) / np.sqrt(there[enough])
    margin = stats.t.ppf(TAIL, np.maximum(there - 1, 1)) * spread
    return Importance(values, np.maximum(values - margin, least), values + margin)
