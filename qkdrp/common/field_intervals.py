"""95% intervals of further scores that the field reports: Kendall's tau, R2, AUPR."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qkdrp.common.intervals import (
    LEAST_VALUES,
    RANGES,
    TAIL,
    Interval,
    Reals,
    clipped,
    fisher_interval,
    varies,
    wilson,
)

FIELLER = 0.437
"""Variance of the inverse hyperbolic tangent of Kendall's tau times n - 4, for normal values
(Fieller, Hartley and Pearson, Biometrika 44, 1957)."""


def kendall_interval(x: Reals, y: Reals) -> Interval | None:
    """Return Fisher's interval of Kendall's tau, no narrower than each sample's influence asks for.

    Args:
        x: Shape (n_samples,).
        y: Same shape.

    Returns:
        None for fewer than five samples.
    """
    n = len(x)
    if n <= LEAST_VALUES + 1:
        return None
    agreement = np.sign(x[:, np.newaxis] - x) * np.sign(y[:, np.newaxis] - y)
    tau = float(stats.kendalltau(x, y).statistic)
    own = agreement.sum(axis=1) / (n - 1)
    return fisher_interval(tau, FIELLER * (n - 3) / (n - 4), 2 * (own - own.mean()))


def r2_interval(measured: Reals, predicted: Reals) -> Interval | None:
    """Return an interval of R2, the share of the measured variance that is predicted.

    R2 is one less the ratio of two means, of squared errors and of squared deviations from the
    measured mean; the interval is Student's, by the influence of each sample on the ratio.

    Args:
        measured: Shape (n_samples,), not all the same.
        predicted: Same shape.

    Returns:
        None for fewer than three samples, or if all errors are the same.
    """
    errors, spread = (measured - predicted) ** 2, (measured - measured.mean()) ** 2
    if len(errors) < LEAST_VALUES or not varies(errors):
        return None
    ratio = float(errors.mean() / spread.mean())
    influence = (errors - ratio * spread) / spread.mean()
    margin = float(stats.t.ppf(TAIL, len(errors) - 1) * stats.sem(influence))
    return clipped(1 - ratio - margin, 1 - ratio + margin, RANGES["r2"])


def aupr_interval(area: float, responder: NDArray[np.bool_]) -> Interval:
    """Return Wilson's interval of an area under the precision-recall curve.

    The area is the mean precision at each responder, hence a share found with so many samples
    (Boyd, Eng and Page, ECML 2013, whose binomial interval is taken with Wilson's limits).

    Args:
        area: Average precision.
        responder: Shape (n_samples,), both classes among them.
    """
    n_responder = int(responder.sum())
    return wilson(area, n_responder, float(stats.norm.ppf(TAIL)))
