"""Conformal intervals: bounds that hold a new value as often as they say, from residuals alone.

Rows that a model was not trained on tell how far its predictions are off. If a new row is like
them (exchangeable), the interval ``prediction +- q`` holds its value with at least the chosen
coverage, where q is the residual of rank ``ceil(coverage * (n + 1))`` of n (split conformal; Vovk
et al. 2005, Lei et al. 2018). Several models, each with residuals of its own, are pooled as CV+
does (Barber et al. 2021): bounds are quantiles of all ``prediction +- residual``. For one model
that is the same.

Rows of one group, such as all those of one drug, are not exchangeable with those of a new group;
whole groups are. Then each group counts alike, and one more group, whose residuals are unknown,
counts as infinitely far off (:func:`group_weights`; Dunn, Wasserman and Ramdas 2022, Lee, Barber
and Willett 2023). So too few groups give infinite bounds, whatever the number of rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

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


def group_weights(*groups: NDArray[np.int64]) -> Reals:
    """Return what residuals weigh in a quantile for a row of a new group, shape (n_rows,).

    The weights add up to ``n / (n + 1)`` for n groups, and what is missing to 1 is infinitely far
    off. Where a row is new in two ways, such as a new line and a new drug, lines and drugs are
    exchangeable each by itself, and the known part of the table that one more of each makes has a
    share of ``n / (n + 1) * m / (m + 1)``.

    Args:
        *groups: The group of each row by each way of being new, shape (n_rows,). All groups of the
            first way weigh alike. A number of its own for each row makes rows exchangeable.

    Example:
        >>> group_weights(np.array([0, 0, 1])).round(3).tolist()
        [0.167, 0.167, 0.333]
    """
    share = 1.0
    for each in groups:
        n_groups = len(np.unique(each))
        share *= n_groups / (n_groups + 1)
    _, first, counts = np.unique(groups[0], return_inverse=True, return_counts=True)
    return np.asarray(share / (len(counts) * counts[first]), dtype=np.float64)


def weighted_bounds(
    predictions: Reals, residuals: Sequence[Reals], weights: Sequence[Reals], coverage: float
) -> tuple[Reals, Reals]:
    """Return lower and upper bounds, each of shape (n_rows,); infinite where weights are too small.

    Several models are pooled as in :func:`conformal_bounds`: the upper bound is the smallest value
    below which lie ``prediction + residual`` of the asked share of the mean weight.

    Args:
        predictions: Of each model, shape (n_models, n_rows).
        residuals: ``|measured - predicted|`` of rows that a model was not trained on, one array for
            each model; infinite where a prediction was no finite number.
        weights: Of each residual, as :func:`group_weights` gives them.
        coverage: Share of new values that the bounds hold at least, between 0 and 1.
    """
    steps = [_Steps.of(*each) for each in zip(residuals, weights, strict=True)]
    if len(steps) == 1:
        radius = steps[0].quantile(coverage)
        return predictions[0] - radius, predictions[0] + radius
    reached = np.mean([each.sums[-1] for each in steps])
    if reached < coverage - ROUNDING:
        nowhere = np.full(predictions.shape[1], math.inf)
        return -nowhere, nowhere
    return -_pooled(-predictions, steps, coverage), _pooled(predictions, steps, coverage)


ROUNDING = 1e-9
"""How far sums of weights may be off."""

HALVINGS = 45
"""Halvings of an interval in the search for a pooled quantile: to 1e-12 of its width or less."""


@dataclass(frozen=True, eq=False)
class _Steps:
    """How residuals of a model are distributed.

    Args:
        residuals: Finite ones, ascending, shape (n,).
        sums: Weight of those before each, and of all, shape (n + 1,).
    """

    residuals: Reals
    sums: Reals

    @classmethod
    def of(cls, residuals: Reals, weights: Reals) -> "_Steps":
        order = np.argsort(residuals)
        order = order[np.isfinite(residuals[order])]
        return cls(residuals[order], np.concatenate([[0.0], np.cumsum(weights[order])]))

    def quantile(self, coverage: float) -> float:
        """Return the smallest residual that reaches a share; infinite where none does."""
        place = int(np.searchsorted(self.sums[1:], coverage - ROUNDING))
        return float(self.residuals[place]) if place < len(self.residuals) else math.inf

    def share(self, values: Reals) -> Reals:
        """Return the weight of the residuals up to each value."""
        return self.sums[np.searchsorted(self.residuals, values, side="right")]


def _pooled(predictions: Reals, steps: Sequence[_Steps], coverage: float) -> Reals:
    """Return the upper bound of several models, shape (n_rows,), found by halving."""
    largest = max(each.residuals[-1] for each in steps if len(each.residuals))
    low, high = predictions.min(axis=0) - 1.0, predictions.max(axis=0) + largest
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        shares = [each.share(middle - own) for each, own in zip(steps, predictions, strict=True)]
        enough = np.mean(shares, axis=0) >= coverage - ROUNDING
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(high, dtype=np.float64)


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
