"""How subjects that a run was not trained on differ from its predictions: offsets of logarithms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.data.trial import BIOMARKER, ENDPOINTS
from qkdrp.systems.pkpd.predictions import MEASURED, NOT_TRAINED_ON, PREDICTION

LEAST_SUBJECTS = 2
"""Held-out subjects below which nothing can be said of how subjects differ."""


@dataclass(frozen=True)
class Offsets:
    """Mean log residuals of held-out subjects, as a normal distribution for each endpoint.

    Args:
        mean: Of the subjects' means, by endpoint.
        deviation: Standard deviation of the subjects' means, by endpoint.
        within: Standard deviation of log residuals about the mean of their subject, by endpoint.
        n_subjects: Subjects that these come from, by endpoint.
    """

    mean: Mapping[str, float]
    deviation: Mapping[str, float]
    within: Mapping[str, float]
    n_subjects: Mapping[str, int]

    @classmethod
    def of(cls, known: pd.DataFrame) -> Self:
        """Return the offsets of a run's predictions.

        Args:
            known: One row per observation, see
                :func:`~qkdrp.systems.pkpd.predictions.predictions_of`; parts other than those that
                were not trained on are left out, and so are values without a logarithm.

        Raises:
            ConfigError: If the biomarker of fewer than two subjects was held out.
        """
        usable = known["part"].isin(NOT_TRAINED_ON) & (known[MEASURED] > 0)
        rows = known[usable & (known[PREDICTION] > 0)]
        ratio = (rows[MEASURED] / rows[PREDICTION]).to_numpy(np.float64)
        residual = pd.Series(np.log(ratio), index=rows.index)
        mean, deviation, within, number = {}, {}, {}, {}
        for name in ENDPOINTS:
            chosen = residual[rows["endpoint"] == name]
            grouped = chosen.groupby(rows.loc[chosen.index, "subject"])
            means, number[name] = grouped.mean(), int(grouped.ngroups)
            mean[name] = float(means.mean()) if number[name] else 0.0
            deviation[name] = float(means.std()) if number[name] >= LEAST_SUBJECTS else 0.0
            rest, freedom = chosen - grouped.transform("mean"), max(len(chosen) - number[name], 1)
            within[name] = float(np.sqrt((rest**2).sum() / freedom))
        if number[BIOMARKER] < LEAST_SUBJECTS:
            raise ConfigError(
                f"the run left the biomarker of {number[BIOMARKER]} subjects out of its training, "
                "and so cannot tell how subjects differ from its predictions: train with --split "
                "fold, or give --variability none."
            )
        return cls(mean, deviation, within, number)
