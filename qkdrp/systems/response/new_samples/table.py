"""Predictions for new samples in ln IC50, with intervals and places among training predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.conformal import conformal_bounds, percentiles
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.training.new_samples import Member
from qkdrp.training.scored import HELD_OUT

Reals = NDArray[np.float64]

COLUMNS = ("ln_ic50", "ln_ic50_low", "ln_ic50_high", "label", "percentile")
"""Columns of one drug beside the sample."""

SPREAD = "ln_ic50_sd"
"""Column of ensembles: standard deviation over their runs."""


def ln_ic50_of(labels: LabelNormaliser, predicted: Reals, known: Reals | None = None) -> Reals:
    """Return ln IC50 of predicted labels.

    The tanh has no inverse from +-1 on. A prediction beyond the measured labels of the training
    samples gets the ln IC50 of the outermost one.

    Args:
        labels: Of the run.
        predicted: Shape (n,).
        known: Measured labels of the training samples; where left out, ln IC50 is infinite from
            +-1 on.
    """
    if known is not None:
        predicted = np.clip(predicted, known.min(), known.max())
    with np.errstate(divide="ignore"):
        standard = np.arctanh(np.clip(predicted, -1.0, 1.0))
    return np.asarray(labels.mean_[0] + labels.scale_[0] * standard)


@dataclass(frozen=True, eq=False)
class DrugForecast:
    """What the runs of one drug say of new samples.

    Args:
        ln_ic50: Of each run, shape (n_runs, n_samples); NaN where a device gave no value.
        label: Of each run, same shape.
        percentile: Place among the training predictions of each run, same shape.
        residuals: ``|measured - predicted|`` in ln IC50 of rows that were not trained on, by run.
        place_errors: Measured less predicted place of the same rows, in percentiles, by run.
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

        Bounds are blank without validation rows, and infinite where these are too few.
        """
        mean = self.ln_ic50.mean(axis=0)
        low = high = np.full(mean.shape, np.nan)
        if sum(map(len, self.residuals)):
            bounds = conformal_bounds(self.ln_ic50, self.residuals, coverage)
            low, high = (np.where(np.isnan(mean), np.nan, each) for each in bounds)
        columns = dict(
            zip(COLUMNS, (mean, low, high, self.label.mean(axis=0), self.place), strict=True)
        )
        if len(self.ln_ic50) > 1:
            columns[SPREAD] = self.ln_ic50.std(axis=0, ddof=1)
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
    if not len(held_out):
        held_out = _of_folds(labels, member.known)
    predicted, measured = (train[name].to_numpy(float) for name in ("prediction", "label"))
    outside = held_out["prediction"].to_numpy(float)
    residuals = np.abs(held_out["ln_ic50"].to_numpy(float) - ln_ic50_of(labels, outside, measured))
    place_errors = percentiles(held_out["label"].to_numpy(float), measured) - percentiles(
        outside, predicted
    )
    return (
        ln_ic50_of(labels, member.values, measured),
        percentiles(member.values, predicted),
        residuals,
        place_errors,
    )


def _of_folds(labels: LabelNormaliser, known: pd.DataFrame) -> pd.DataFrame:
    """Return rows that the folds of a cross-validation held out, with labels of the run's model.

    Each fold normalised labels by constants of its own.

    Args:
        labels: Of the model that was trained on all rows.
        known: Measured and predicted values of a run.
    """
    rows = known[(known["part"] == HELD_OUT) & known["prediction"].notna()]
    predicted = rows["predicted_ln_ic50"] if len(rows) else rows["prediction"]
    beyond = np.sign(rows["prediction"]) * np.inf  # no ln IC50, for it was at or beyond +-1
    values = {"label": rows["ln_ic50"], "prediction": predicted.fillna(beyond)}
    mean, scale = labels.mean_[0], labels.scale_[0]
    return rows.assign(**{name: np.tanh((each - mean) / scale) for name, each in values.items()})
