"""Ranges of a model's features over its training, and how much of virtual courses is outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.preprocess import Preprocessor

Reals = NDArray[np.float64]

ROUNDING = 1e-9
"""Share of a range by which rounding may leave it."""


@dataclass(frozen=True, eq=False)
class FeatureRanges:
    """The range of each feature of each endpoint over the observations of training subjects.

    Args:
        least: By endpoint, shape (n_features,).
        greatest: The same.
        names: Of the features of each endpoint.
    """

    least: Mapping[str, Reals]
    greatest: Mapping[str, Reals]
    names: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, preprocessor: Preprocessor, train: Trial) -> Self:
        """Return the ranges of training subjects."""
        rows = {name: preprocessor.feature_rows(train, name) for name in ENDPOINTS}
        return cls(
            {name: each.min(axis=0) for name, each in rows.items()},
            {name: each.max(axis=0) for name, each in rows.items()},
            {name: preprocessor.feature_names(name) for name in ENDPOINTS},
        )

    def __len__(self) -> int:
        """Return the number of different features."""
        return len({name for names in self.names.values() for name in names})

    def outside(self, preprocessor: Preprocessor, trial: Trial) -> dict[str, float]:
        """Return the share of observations with a feature outside its range, by feature.

        A feature of both endpoints has the larger of the two shares; one that is inside everywhere
        is left out.

        Args:
            preprocessor: Of the model.
            trial: Virtual subjects.
        """
        found: dict[str, float] = {}
        for endpoint in ENDPOINTS:
            rows = preprocessor.feature_rows(trial, endpoint)
            least, greatest = self.least[endpoint], self.greatest[endpoint]
            slack = ROUNDING * np.maximum(np.abs(least), np.abs(greatest))
            shares = ((rows < least - slack) | (rows > greatest + slack)).mean(axis=0)
            for name, share in zip(self.names[endpoint], shares.tolist(), strict=True):
                found[name] = max(share, found.get(name, 0.0))
        return {name: share for name, share in found.items() if share}
