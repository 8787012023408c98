"""Two variants compared on the same subjects: differences with intervals, tests, and their power.

The interval is a bootstrap over subjects of the difference of pooled errors. ``p`` is of a
randomisation test: if two models are alike, their errors may be swapped in any subject. Subjects
of one fold share a training set, and training sets of different folds overlap, so ``p_folds``
is of the corrected resampled t-test (Nadeau and Bengio) over the errors of folds.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from qkdrp.common.group_bootstrap import bootstrap_values
from qkdrp.common.intervals import REAL_LINE, TAIL
from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, LINEAR, MECHANISTIC, Variant
from qkdrp.experiments.pkpd.cv.pooled import ENDPOINTS, KEY, Pooled, Reals, root_mean
from qkdrp.experiments.study.statistics import adjusted, corrected_mean

SWAPS = 9999
"""Draws of the randomisation test."""

POWER = 0.8
"""Probability with which the smallest detectable difference would be found at the 5% level."""

DETECTABLE = float(stats.norm.ppf(TAIL) + stats.norm.ppf(POWER))
"""The smallest detectable difference in standard errors."""

REFERENCES = (MECHANISTIC, LINEAR)
"""What every network is compared with, beside its twins and the mean of dose and time."""

_SEED = 0

COLUMNS = [
    *("endpoint", "left", "left_pd0", "right", "right_pd0", "left_value", "right_value"),
    *("difference", "low", "high", "se", "detectable", "p", "q", "p_folds"),
    *("n_subjects", "n_seeds"),
]


def differences_frame(found: Mapping[Variant, Pooled]) -> pd.DataFrame:
    """Return one row for each endpoint and pair of variants: scaled RMSE, left minus right.

    A model and another variant are paired where both are told PD0 or both are not; of networks,
    those that differ in their core alone, and each with :data:`REFERENCES`. Each variant is
    compared with the mean of dose and time, and, by the biomarker, with itself without PD0.
    ``detectable`` is the smallest true difference that a test at the 5% level would find with a
    probability of 80%. ``q`` is p adjusted for all rows (Benjamini and Hochberg).

    Args:
        found: Predictions by variant.
    """
    rows = [
        paired_row(endpoint, left, right, found)
        for left, right, endpoints in _pairs(list(found))
        for endpoint in endpoints
    ]
    kept = [row for row in rows if row is not None]
    frame = pd.DataFrame(kept, columns=COLUMNS)
    return frame.assign(q=adjusted(frame["p"].astype(float)))


def _pairs(variants: list[Variant]) -> Iterator[tuple[Variant, Variant, tuple[str, ...]]]:
    """Yield the pairs that are compared, and by which endpoints."""
    both, mean = tuple(ENDPOINTS), Variant(DOSE_TIME_MEAN)
    others = [each for each in variants if each != mean]
    for left, right in combinations(others, 2):
        if left.told == right.told and _are_compared(left, right):
            yield right, left, both
    for variant in others:
        if mean in variants:
            yield variant, mean, both
        if variant.told and variant.without() in variants:
            yield variant, variant.without(), ("PD",)


def _are_compared(left: Variant, right: Variant) -> bool:
    """Tell whether two contenders make a pair."""
    families = [each.contender.family for each in (left, right)]
    if all(families):
        return families[0] == families[1]
    if any(families):
        return left.name in REFERENCES or right.name in REFERENCES
    return not (left.contender.is_baseline and right.contender.is_baseline)


def paired_row(
    endpoint: str, left: Variant, right: Variant, found: Mapping[Variant, Pooled]
) -> dict[str, object] | None:
    """Return the comparison of two variants, as a row of the table without ``q``.

    Args:
        endpoint: A key of :data:`~.pooled.ENDPOINTS`.
        left: The one.
        right: The other.
        found: Predictions by variant.

    Returns:
        None where they have other rows.
    """
    row = compared(*(found[each].part(endpoint) for each in (left, right)))
    if row is None:
        return None
    return {
        "endpoint": endpoint,
        "left": left.name,
        "left_pd0": left.told,
        "right": right.name,
        "right_pd0": right.told,
        **row,
    }


def compared(left: Pooled, right: Pooled) -> dict[str, object] | None:
    """Return both scaled errors, their difference, its interval, and both p; left minus right.

    Args:
        left: Predictions of the one, of one endpoint.
        right: Of the other.

    Returns:
        None where they have other rows.
    """
    if not len(left.rows) or not left.rows[KEY].equals(right.rows[KEY]):
        return None
    values = [part.scored(part.squares, root_mean)[0] for part in (left, right)]
    n_seeds = max(left.n_seeds, right.n_seeds)
    one, other = (_of_seeds(part.squares, n_seeds) for part in (left, right))
    drawn = bootstrap_values(np.hstack([one, other]), left.groups, _difference)
    spread = (math.nan,) * 3
    if drawn is not None:
        spread = (*np.quantile(drawn, [1 - TAIL, TAIL]).tolist(), float(drawn.std(ddof=1)))
    return {
        "left_value": values[0],
        "right_value": values[1],
        "difference": values[0] - values[1],
        **dict(zip(("low", "high", "se"), spread, strict=True)),
        "detectable": DETECTABLE * spread[2],
        "p": swap_test(one, other, left.groups),
        "p_folds": _over_folds(one, other, left.rows["fold"].to_numpy(int)),
        "n_subjects": len(left.subjects),
        "n_seeds": n_seeds,
    }


def _of_seeds(squares: Reals, n_seeds: int) -> Reals:
    """Return squares of so many seeds: a model without seeds comes to the same from each."""
    if squares.shape[1] == 1:
        return np.repeat(squares, n_seeds, axis=1)
    return squares[:, :n_seeds]


def _difference(means: Reals) -> Reals:
    """Return left minus right from their mean squares side by side."""
    left, right = np.split(means, 2, axis=1)
    return root_mean(left) - root_mean(right)


def swap_test(left: Reals, right: Reals, groups: np.ndarray) -> float:
    """Return p of a randomisation test that swaps two models in whole subjects.

    Args:
        left: Squared scaled errors of one, shape (n_rows, n_seeds).
        right: Of the other, same shape.
        groups: Subject of each row, from 0.

    Returns:
        Two-sided; not a number for fewer than three subjects.
    """
    counts = np.bincount(groups)
    if len(counts) < 3:
        return math.nan
    one, other = (
        np.column_stack([np.bincount(groups, column) for column in each.T])
        for each in (left, right)
    )
    swap = np.random.default_rng(_SEED).random((SWAPS, len(counts))) < 0.5
    first = swap @ other + ~swap @ one
    second = one.sum(axis=0) + other.sum(axis=0) - first
    total = counts.sum()
    found = np.abs(_difference(np.hstack([first, second]) / total))
    seen = abs(float(_difference(np.hstack([left.mean(0), right.mean(0)])[np.newaxis])[0]))
    as_large = int((found >= seen * (1 - 1e-9)).sum())
    return (1 + as_large) / (1 + SWAPS)


def _over_folds(left: Reals, right: Reals, folds: np.ndarray) -> float:
    """Return p of the corrected resampled t-test over folds and seeds."""
    names = np.unique(folds)
    values = [
        np.sqrt(left[folds == name].mean(axis=0)) - np.sqrt(right[folds == name].mean(axis=0))
        for name in names
    ]
    return corrected_mean(np.concatenate(values), len(names), REAL_LINE).p
