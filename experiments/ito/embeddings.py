"""Crowding: how a normalisation changes the distribution of the embedding (figure 3)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

EDGE = 0.9
"""Share of r beyond which an angle counts as crowded at the end of the range."""


@dataclass(frozen=True)
class Crowding:
    """What a normalisation did to an embedding, all features pooled.

    Args:
        share: Share of angles beyond 0.9 r.
        ks: Kolmogorov-Smirnov distance between the embedding and the angles, both standardised:
            0 where the shape is kept.
    """

    share: float
    ks: float


def crowding(phi: NDArray[np.float64], angles: NDArray[np.float64], r: float) -> Crowding:
    """Compare an embedding with its angles.

    Args:
        phi: Embedding, shape (n_samples, n_features).
        angles: Rotation angles, same shape, radians.
        r: Their range, radians.
    """
    before, after = (stats.zscore(values, axis=None).ravel() for values in (phi, angles))
    return Crowding(
        share=float(np.mean(np.abs(angles) > EDGE * r)),
        ks=float(stats.ks_2samp(before, after, method="asymp").statistic),
    )
