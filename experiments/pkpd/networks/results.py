"""Results of the study by the name of a network: errors, differences, measures."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.differences import paired_row
from qkdrp.experiments.pkpd.cv.measured import root_mean_square
from qkdrp.experiments.pkpd.cv.pooled import Pooled
from qkdrp.experiments.pkpd.cv.shown import Difference, cell, value_of


@dataclass(frozen=True, eq=False)
class Results:
    """What the networks of the study came to.

    Args:
        found: Predictions by variant.
        scores: As :func:`~qkdrp.experiments.pkpd.cv.scores.scores_frame` returns them.
        measured: As :func:`~qkdrp.experiments.pkpd.cv.measured.measures_frame` returns them.
        told: Whether networks know the biomarker before the first dose.
    """

    found: Mapping[Variant, Pooled]
    scores: pd.DataFrame
    measured: pd.DataFrame
    told: bool

    def has(self, name: str) -> bool:
        """Tell whether a network has all folds."""
        return self._variant(name) in self.found

    def label(self, name: str) -> str:
        """Return what texts call a network."""
        return self._variant(name).contender.label

    def error(self, name: str, endpoint: str = "PD") -> float:
        """Return the scaled RMSE of a network; not a number where it is missing."""
        return value_of(self.scores, self._variant(name), endpoint)

    def error_text(self, name: str, endpoint: str = "PD") -> str:
        """Return the same with its interval."""
        variant = self._variant(name)
        own = self.scores[
            (self.scores["model"] == variant.name) & (self.scores["pd0"] == variant.told)
        ]
        return cell(own, endpoint)

    def difference(self, left: str, right: str, endpoint: str = "PD") -> Difference | None:
        """Return left minus right on the same subjects; None where one is missing."""
        pair = self._variant(left), self._variant(right)
        if left == right or not all(each in self.found for each in pair):
            return None
        row = paired_row(endpoint, *pair, self.found)
        return None if row is None else Difference.read(row)

    def measures(self, name: str) -> pd.DataFrame:
        """Return what was measured of a network, one row for each fold and seed."""
        own = self.measured
        return own[(own["model"] == self._variant(name).name) & (own["pd0"] == self.told)]

    def train_error(self, name: str, endpoint: str = "PD") -> float:
        """Return the scaled RMSE of training subjects, over folds; not a number for none."""
        return root_mean_square(self.measures(name)[f"train_{endpoint.lower()}"])

    def _variant(self, name: str) -> Variant:
        variant = Variant(name)
        return variant if variant.contender.is_baseline else Variant(name, self.told)
