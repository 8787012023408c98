"""Predictions for new samples in ln IC50, with intervals and places among training predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.conformal import conformal_bounds, percentiles
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.training.new_samples import Member

Reals = NDArray[np.float64]

COLUMNS = ("ln_ic50", "ln_ic50_low", "ln_ic50_high", "label", "percentile")
"""Columns of one drug beside the sample."""

SPREAD = "ln_ic50_sd"
"""Column of ensembles: standard deviation over their runs."""


def ln_ic50_of(labels: LabelNormaliser, predicted: Reals) -> Reals:
    """Return ln IC50 of predicted labels; infinite from +-1 on, where the tanh has no inverse.

    Args:
        labels: Of the run.
        predicted: Shape (n,).
    """
    with np.errstate(divide="ignore"):
        standard = np.arctanh(np.clip(predicted, -1.0, 1.0))
    return np.asarray(labels.mean_[0] + labels.scale_[0] * standard)


@dataclass(frozen=True, eq=False)
class DrugForecast:
    """What the runs of one drug say of new samples.

    Args:
        ln_ic50: Of each run, shape (n_runs, n_samples); infinite where a label has none.
        label: Of each run, same shape.
        percentile: Place among the training predictions of each run, same shape.
        residuals: ``|measured - predicted|`` in ln IC50 of validation rows, by run.
        place_errors: Measured less predicted place of validation rows, in percentiles, by run.
    """

    ln_ic50: Reals
    label: Reals
    percentile: Reals
    residuals: Sequence[Reals]
    place_errors: Sequence[Reals]

    @property
    def place(self) -> Reals:
        """Mean place over the runs, shape (n_samples,)."""
        return np.asarray(self.percentile.mean(axis=0))

    def table(self, coverage: float) -> pd.DataFrame:
        """Return :data:`COLUMNS`, and :data:`SPREAD` for several runs.

        A value is blank where the mean label has no finite ln IC50. Bounds are blank without
        validation rows, and infinite where these are too few or predicted beyond the label's range.
        """
        finite = np.isfinite(self.ln_ic50).all(axis=0)
        mean = np.full(finite.shape, np.nan)
        mean[finite] = self.ln_ic50[:, finite].mean(axis=0)
        low = high = np.full(finite.shape, np.nan)
        if sum(map(len, self.residuals)):
            bounds = conformal_bounds(self.ln_ic50, self.residuals, coverage)
            known = ~np.isnan(self.ln_ic50).any(axis=0)
            low, high = (np.where(known, each, np.nan) for each in bounds)
        columns = dict(
            zip(COLUMNS, (mean, low, high, self.label.mean(axis=0), self.place), strict=True)
        )
        if len(self.ln_ic50) > 1:
            columns[SPREAD] = np.full(finite.shape, np.nan)
            columns[SPREAD][finite] = self.ln_ic50[:, finite].std(axis=0, ddof=1)
        return pd.DataFrame(columns)


def forecast(members: Sequence[Member]) -> DrugForecast:
    """Return what the runs of one drug say, each with the residuals of its own validation rows."""
    parts = [_of_member(member) for member in members]
    return DrugForecast(
        ln_ic50=np.stack([part[0] for part in parts]),
        label=np.stack([each.values for each in members]),  # noqa: PD011  # no data frame
        percentile=np.stack([part[1] for part in parts]),
        residuals=[part[2] for part in parts],
        place_errors=[part[3] for part in parts],
    )


def _of_member(member: Member) -> tuple[Reals, Reals, Reals, Reals]:
    """Return ln IC50, places, residuals and errors of places of one run."""
    labels = member.trained.preprocessor.labels
    known = member.known[member.known["prediction"].notna()]
    train, held_out = (known[known["part"] == part] for part in ("train", "validation"))
    predicted, measured = (train[name].to_numpy(float) for name in ("prediction", "label"))
    outside = held_out["prediction"].to_numpy(float)
    residuals = np.abs(held_out["ln_ic50"].to_numpy(float) - ln_ic50_of(labels, outside))
    place_errors = percentiles(held_out["label"].to_numpy(float), measured) - percentiles(
        outside, predicted
    )
    return (
        ln_ic50_of(labels, member.values),
        percentiles(member.values, predicted),
        residuals,
        place_errors,
    )
