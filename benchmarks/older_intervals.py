"""Intervals that were considered, for comparison."""

from functools import cache
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from qkdrp.common.intervals import TAIL

Reals = np.ndarray[Any, np.dtype[np.float64]]
QUANTILE = float(stats.norm.ppf(TAIL))


@cache
def newcombe(auc: float, n_positive: int, n_negative: int) -> tuple[float, float]:
    """Return Newcombe's interval of an AUC (method 5, Statistics in Medicine 25, 2006)."""
    shift = (n_positive + n_negative) / 2 - 1

    def distance(area: float, side: float) -> float:
        spread = 1 + shift * (1 - area) / (2 - area) + shift * area / (1 + area)
        error = (area * (1 - area) * spread / (n_positive * n_negative)) ** 0.5
        return area - auc + side * QUANTILE * error

    low = 0.0 if auc == 0.0 else brentq(distance, 0.0, min(auc, 1 - 1e-9), args=(1.0,))
    high = 1.0 if auc == 1.0 else brentq(distance, max(auc, 1e-9), 1.0, args=(-1.0,))
    return float(low), float(high)


def student(values: Reals) -> tuple[float, float]:
    """Return Student's interval of a mean."""
    margin = float(stats.t.ppf(TAIL, len(values) - 1) * stats.sem(values))
    return float(values.mean()) - margin, float(values.mean()) + margin


def bca(values: Reals, rng: np.random.Generator, resamples: int = 999) -> tuple[float, float]:
    """Return the bias-corrected and accelerated bootstrap interval of a mean."""
    interval = stats.bootstrap(
        (values,), np.mean, n_resamples=resamples, vectorized=True, method="BCa", rng=rng
    ).confidence_interval
    return float(interval.low), float(interval.high)
