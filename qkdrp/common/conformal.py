"""Conformal intervals: bounds that hold a new value as often as they say, from residuals alone.

Rows that a model was not trained on tell how far its predictions are off. If a new row is like
them (exchangeable), the interval ``prediction +- q`` holds its value with at least the chosen
coverage, where q is the residual of rank ``ceil(coverage * (n + 1))`` of n (split conformal; Vovk
et al. 2005, Lei et al. 2018). Several models, each with residuals of its own, are pooled as CV+
does (Barber et al. 2021): bounds are quantiles of all ``prediction +- residual``. For one model
that is the same.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


def conformal_bounds(
    predictions: Reals, residuals: Sequence[Reals], coverage: float
) -> tuple[Reals, Reals]:
    """Return lower and upper bounds, each of shape (n_rows,); infinite where residuals are too few.

    Args:
        predictions: Of each model, shape (n_models, n_rows).
        residuals: ``|measured - predicted|`` of rows that a model was not trained on, one array for
            each model; infinite where a prediction was no finite number.
        coverage: Share of new values that the bounds hold at least, between 0 and 1.
    """
    own = np.concatenate(list(residuals))
    sizes = [len(each) for each in residuals]
    centre = np.repeat(predictions, sizes, axis=0).T  # (n_rows, n_residuals)
    far, finite = np.isinf(own), np.where(np.isinf(own), 0.0, own)
    low, high = (np.where(far, s * math.inf, centre + s * finite) for s in (-1, 1))
    n = high.shape[1]
    rank = math.ceil(round(coverage * (n + 1), 9))  # 0.9 * 10 is not 9 in binary
    if rank > n:
        nowhere = np.full(predictions.shape[1], math.inf)
        return -nowhere, nowhere
    return (
        np.partition(low, n - rank, axis=1)[:, n - rank],
        np.partition(high, rank - 1, axis=1)[:, rank - 1],
    )


def percentiles(values: Reals, among: Reals) -> Reals:
    """Return the place of values among others, 0 at and below all, 100 at and above all.

    Between two of the others it is interpolated, so that rounding of a value changes little; equal
    others share their mean place. NaN has none.

    Args:
        values: Shape (n,).
        among: Shape (m,).
    """
    distinct, counts = np.unique(among, return_counts=True)
    if len(distinct) == 1:
        return np.where(np.isnan(values), np.nan, 50 + 50 * np.sign(values - distinct[0]))
    places = np.cumsum(counts) - (counts + 1) / 2
    places = 100 * (places - places[0]) / (places[-1] - places[0])
    return np.asarray(np.interp(values, distinct, places))
