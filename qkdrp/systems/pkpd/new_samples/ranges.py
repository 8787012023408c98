"""How far features of new observations are from those of the training."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.features import feature_names, features_at
from qkdrp.training.stored_state import State

Reals = NDArray[np.float64]

ROUNDING = 1e-9
"""Share of a range by which rounding may leave it."""


@dataclass(frozen=True, eq=False)
class Ranges:
    """The range of each feature over the observations of training subjects.

    Args:
        names: Of the features.
        least: Shape (n_features,).
        greatest: Same shape.
    """

    names: tuple[str, ...]
    least: Reals
    greatest: Reals

    @classmethod
    def of(cls, train: Trial) -> Self:
        """Return the ranges of training subjects."""
        rows = _features(train, train.covariates)
        return cls(feature_names(train.covariates), rows.min(axis=0), rows.max(axis=0))

    def state(self) -> State:
        """Return them as plain numbers."""
        arrays = {"ranges.least": self.least, "ranges.greatest": self.greatest}
        return State(arrays, {"features": list(self.names)})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make them again from their state."""
        arrays = state.arrays
        names = tuple(state.details["features"])
        return cls(names, arrays["ranges.least"], arrays["ranges.greatest"])

    def outside(self, trial: Trial, covariates: tuple[str, ...]) -> dict[str, int]:
        """Return how many observations have a feature outside its range, by feature.

        Args:
            trial: New subjects.
            covariates: Of the model, in their order.
        """
        rows = _features(trial, covariates)
        slack = ROUNDING * np.maximum(np.abs(self.least), np.abs(self.greatest))
        beyond = (rows < self.least - slack) | (rows > self.greatest + slack)
        counts = dict(zip(self.names, beyond.sum(axis=0).tolist(), strict=True))
        return {name: count for name, count in counts.items() if count}


def _features(trial: Trial, covariates: tuple[str, ...]) -> Reals:
    """Return features of all observations, shape (n_rows, n_features)."""
    return np.vstack(
        [
            features_at(subject, subject.observations[name].times, covariates)
            for subject in trial.subjects
            for name in ENDPOINTS
        ]
    )
