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
    pairs = [(each[:, np.newaxis], own) for each, own in zip(predictions, residuals, strict=True)]
    low, high = (
        np.hstack([np.where(np.isinf(own), sign * math.inf, at + sign * own) for at, own in pairs])
        for sign in (-1, 1)
    )
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
    """Return the place of values among others, 0 below all and 100 above all; ties count half.

    NaN has none.

    Args:
        values: Shape (n,).
        among: Shape (m,).
    """
    ordered = np.sort(among)
    below, up_to = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    places = (below + up_to) / 2 * (100 / len(ordered))
    return np.where(np.isnan(values), np.nan, places)
