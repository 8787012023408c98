"""95% intervals of scores; docs/statistics.md has how often each was found to hold."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
"""Level of every interval."""

TAIL = (1 + CONFIDENCE) / 2
"""Probability below the upper end of a two-sided interval."""

LEAST_VALUES = 3
"""The fewest values that an interval is made of."""

LEAST_SPREAD = 1e-9
"""Relative range below which values count as constant."""

PRIOR_SHARE, PRIOR_WEIGHT = 0.5, 4.0
"""What the spread of a class's placements is taken to be before any is seen, as a share of the
largest possible, and how many degrees of freedom that counts for."""

LEAST_SKEWNESS = 1e-6
"""Skewness below which values count as symmetric."""

LEAST_SQUARABLE = 1e-100
"""Below it, squares of numbers are hardly numbers any more."""

Interval = tuple[float, float]
Reals = NDArray[np.float64]

REAL_LINE: Interval = (-math.inf, math.inf)
POSITIVE: Interval = (0.0, math.inf)

RANGES: Mapping[str, Interval] = MappingProxyType(
    {
        "auc": (0.0, 1.0),
        "spearman": (-1.0, 1.0),
        "pearson": (-1.0, 1.0),
        "mse": POSITIVE,
        "aupr": (0.0, 1.0),
        "kendall": (-1.0, 1.0),
        "r2": (-math.inf, 1.0),
        "rmse": POSITIVE,
        "mae": POSITIVE,
    }
)
"""The values that each score can have; no interval goes beyond them."""


def differences(within: Interval) -> Interval:
    """Return the values that the difference of two numbers of a range can have."""
    return within[0] - within[1], within[1] - within[0]


def clipped(low: float, high: float, within: Interval) -> Interval:
    """Return the part of an interval that lies in a range."""
    return float(max(low, within[0])), float(min(high, within[1]))


def varies(values: NDArray[np.number]) -> bool:
    """Tell whether values differ by more than rounding."""
    return bool(np.ptp(values) > LEAST_SPREAD * np.abs(values).max())


def mean_interval(values: Reals, within: Interval) -> Interval | None:
    """Return Student's interval of the mean of independent values.

    Args:
        values: Shape (n,).
        within: The values that there can be.

    Returns:
        None for fewer than three values, or if all are the same.
    """
    if len(values) < LEAST_VALUES or not varies(values):
        return None
    mean = float(values.mean())
    margin = float(stats.t.ppf(TAIL, len(values) - 1) * stats.sem(values))
    return clipped(mean - margin, mean + margin, within)


def mse_interval(errors: Reals) -> Interval | None:
    """Return an interval of a mean squared error: Student's, with Hall's correction for skewness.

    Squared errors are skewed, so that Student's interval lies too low. Hall (Journal of the Royal
    Statistical Society B 54, 1992) takes the skewness away by a cubic that can be inverted.

    Args:
        errors: Squared errors, shape (n_samples,).

    Returns:
        None for fewer than three errors, or if all are the same.
    """
    n = len(errors)
    if n < LEAST_VALUES or not varies(errors):
        return None
    if (largest := float(errors.max())) < LEAST_SQUARABLE:
        scaled = mse_interval(errors / largest)
        return scaled and (scaled[0] * largest, scaled[1] * largest)
    mean, spread = float(errors.mean()), float(errors.std(ddof=1))
    skewness = float(stats.skew(errors))
    quantile = float(stats.t.ppf(TAIL, n - 1)) / n**0.5

    def inverse(value: float) -> float:
        if abs(skewness) < LEAST_SKEWNESS:
            return value
        cube = 1 + skewness * (value - skewness / (6 * n))
        return 3 / skewness * (float(np.cbrt(cube)) - 1)

    low, high = mean - spread * inverse(quantile), mean - spread * inverse(-quantile)
    return clipped(low, high, RANGES["mse"])


def placements(higher: Reals, lower: Reals) -> tuple[Reals, Reals]:
    """Return the share of the other class that each value is on the right side of.

    Args:
        higher: Values of the class that should be higher, shape (n_higher,).
        lower: Values of the other class, shape (n_lower,).

    Returns:
        Shares of the lower that each of the higher is above, and of the higher that each of the
        lower is below, shapes (n_higher,) and (n_lower,). Ties count half; the mean of either is
        the AUC.
    """
    n = len(higher)
    ranks = stats.rankdata(np.concatenate([higher, lower]))
    above = (ranks[:n] - stats.rankdata(higher)) / len(lower)
    below = 1 - (ranks[n:] - stats.rankdata(lower)) / n
    return above, below


def auc_interval(higher: Reals, lower: Reals) -> Interval:
    """Return an interval of the AUC, from the placements of both classes.

    The variance of an AUC is that of the mean placement of either class (DeLong). With three to
    twelve of one class it cannot be known well from them, and at an AUC of 1 it is 0. So the
    spread of each class's placements, as a share of the largest that its mean allows, is shrunk
    towards one half; this gives an effective number of independent samples, for which Wilson's
    interval is taken, with Student's quantile at the degrees of freedom of Satterthwaite.

    Args:
        higher: Values of the class that should be higher, shape (n_higher,).
        lower: Values of the other class, shape (n_lower,).
    """
    parts = placements(np.asarray(higher, dtype=float), np.asarray(lower, dtype=float))
    area = float(parts[0].mean())
    terms = [_share(part, area) / len(part) for part in parts]
    freedom = sum(terms) ** 2 / sum(
        term**2 / (len(part) - 1 + PRIOR_WEIGHT) for term, part in zip(terms, parts, strict=True)
    )
    return wilson(area, 1 / sum(terms), float(stats.t.ppf(TAIL, freedom)))


def _share(part: Reals, area: float) -> float:
    """Return the variance of placements as a share of the largest possible, shrunk."""
    largest, seen = area * (1 - area), len(part) - 1
    found = PRIOR_SHARE
    if seen and largest > 0.0:
        found = min(float(part.var(ddof=1)) / largest, 1.0)
    return (seen * found + PRIOR_WEIGHT * PRIOR_SHARE) / (seen + PRIOR_WEIGHT)


def wilson(share: float, n: float, quantile: float) -> Interval:
    """Return Wilson's interval of a share that was found with n samples."""
    squared = quantile**2 / n
    middle = (share + squared / 2) / (1 + squared)
    half = (share * (1 - share) * squared + squared**2 / 4) ** 0.5 / (1 + squared)
    return clipped(min(middle - half, share), max(middle + half, share), RANGES["auc"])


def pearson_interval(x: Reals, y: Reals) -> Interval | None:
    """Return Fisher's interval of a correlation, no narrower than the values' own spread asks for.

    Fisher's standard error holds for normal values only. The larger of it and the one from each
    value's influence is taken, which needs no distribution.

    Args:
        x: Shape (n_samples,).
        y: Same shape.

    Returns:
        None for fewer than four samples.
    """
    x, y = stats.zscore(x), stats.zscore(y)
    correlation = float((x * y).mean())
    influence = x * y - correlation * (x**2 + y**2) / 2
    return fisher_interval(correlation, 1.0, influence)


def spearman_interval(x: Reals, y: Reals) -> Interval | None:
    """Return Fisher's interval of a rank correlation, like that of :func:`pearson_interval`.

    The standard error that holds for normal values is that of Bonett and Wright (2000).

    Args:
        x: Shape (n_samples,).
        y: Same shape.

    Returns:
        None for fewer than four samples.
    """
    n = len(x)
    f, g = ((stats.rankdata(each) - 0.5) / n - 0.5 for each in (x, y))
    scale = float(f.std() * g.std())
    correlation = float(((f - f.mean()) * (g - g.mean())).mean()) / scale
    influence = f * g + _mean_above(x, g) + _mean_above(y, f)
    return fisher_interval(
        correlation, 1 + correlation**2 / 2, (influence - influence.mean()) / scale
    )


def fisher_interval(correlation: float, variance: float, influence: Reals) -> Interval | None:
    """Return Fisher's interval of a correlation; None for fewer than four samples.

    Args:
        correlation: The correlation.
        variance: Of its inverse hyperbolic tangent for normal values, times n - 3.
        influence: Of each sample on the correlation, shape (n_samples,).
    """
    n = len(influence)
    if n <= LEAST_VALUES:
        return None
    correlation = float(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    own = float((influence**2).mean()) / (1 - correlation**2) ** 2
    margin = stats.norm.ppf(TAIL) * (max(variance, own) / (n - 3)) ** 0.5
    z = np.arctanh(correlation)
    return float(np.tanh(z - margin)), float(np.tanh(z + margin))


def _mean_above(x: Reals, values: Reals) -> Reals:
    """Return for each x the sum of the values of all larger x over n; equal x count half."""
    order = np.argsort(x)
    sums = np.concatenate([[0.0], np.cumsum(values[order])])
    left, right = (np.searchsorted(x[order], x, side=side) for side in ("left", "right"))
    return np.asarray((sums[-1] - (sums[left] + sums[right]) / 2) / len(x))
