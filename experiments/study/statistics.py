"""Comparisons of models over the folds of a study."""

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from qkdrp.common.fold_means import LEAST_P, Mean, corrected_mean, freedom, tells, variance_factor
from qkdrp.common.intervals import Interval, differences

__all__ = [
    "LEAST_P",
    "Mean",
    "Place",
    "adjusted",
    "best_epoch",
    "corrected_mean",
    "freedom",
    "paired_mean",
    "tells",
    "variance_factor",
]

Place: TypeAlias = tuple[int, int]
"""A repeat and a fold, each from 0."""


def paired_mean(
    left: Mapping[Place, float], right: Mapping[Place, float], folds: int, within: Interval
) -> tuple[Mean, int]:
    """Return the mean difference of two models over the folds that both have, and their number.

    Args:
        left: Scores of one model by repeat and fold.
        right: Of the other.
        folds: Number of folds of one repeat.
        within: The values that a score can have.
    """
    places = sorted(left.keys() & right.keys())
    if not places:
        return Mean(math.nan), 0
    values = np.array([left[place] - right[place] for place in places])
    return corrected_mean(values, folds, differences(within)), len(places)


def adjusted(p: "pd.Series[float]") -> "pd.Series[float]":
    """Return p adjusted for all that are known (Benjamini and Hochberg)."""
    known = p.notna()
    q = pd.Series(np.nan, index=p.index, dtype=float)
    if known.any():
        q[known] = stats.false_discovery_control(p[known].astype(float))
    return q


def best_epoch(curves: NDArray[np.float64]) -> int:
    """Return the epoch, from 1, at which the mean curve is highest; the first of several.

    Args:
        curves: Validation AUC, shape (n_runs, n_epochs).
    """
    return int(np.argmax(curves.mean(axis=0))) + 1
