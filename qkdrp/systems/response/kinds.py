"""Means of kinds of samples, such as tissues, that a residual leaves out."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray


class OfKinds(Protocol):
    """Samples that are of some kind each: a cohort, or samples without a response."""

    @property
    def kinds(self) -> NDArray[np.str_] | None:
        """Kind of each sample, shape (n_samples,); None where they have none."""


@dataclass(frozen=True, eq=False)
class KindMeans:
    """Mean response of each kind of sample, fitted on training rows.

    Args:
        names: Kinds of the training rows, sorted.
        means: Mean of each, shape (n_kinds,), on the scale that models learn.
        overall: Mean of all training rows; for kinds that are not among them.
    """

    names: tuple[str, ...]
    means: NDArray[np.float64]
    overall: float

    @classmethod
    def fit(cls, values: NDArray[np.float64], kinds: NDArray[np.str_]) -> Self:
        """Take the mean of each kind.

        Args:
            values: Of the training rows, shape (n_samples,).
            kinds: Of the same rows, shape (n_samples,).
        """
        names, place = np.unique(kinds, return_inverse=True)
        means = np.bincount(place, weights=values) / np.bincount(place)
        return cls(tuple(names.tolist()), means, float(values.mean()))

    def of(self, samples: OfKinds) -> NDArray[np.float64]:
        """Return the mean of each sample's kind, shape (n_samples,)."""
        assert samples.kinds is not None
        known = dict(zip(self.names, self.means.tolist(), strict=True))
        return np.array([known.get(kind, self.overall) for kind in samples.kinds.tolist()])
