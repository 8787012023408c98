"""Predictions for new samples in the user's unit, with intervals and places among training ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.conformal import conformal_bounds, percentiles
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.systems.response.measures import LN_IC50, MEASURES, Measure
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.new_samples import Member
from qkdrp.training.scored import HELD_OUT

Reals = NDArray[np.float64]

LOW, HIGH, SPREAD = "_low", "_high", "_sd"
"""Endings of the columns beside the measure: its bounds, and its standard deviation over runs."""


def measure_column(table: pd.DataFrame) -> str:
    """Return the column of a table of predictions that holds the measure: the first with bounds."""
    return next(name for name in table.columns if f"{name}{LOW}" in table.columns)


def measure_title(column: str) -> str:
    """Return what texts and axes call the measure of a column."""
    return MEASURES[column].title if column in MEASURES else column


def value_of(labels: LabelNormaliser, predicted: Reals, known: Reals | None = None) -> Reals:
    """Return what predicted labels mean on the scale that models learn, such as ln IC50.

    The tanh has no inverse from +-1 on. A prediction beyond the measured labels of the training
    samples gets the value of the outermost one.

    Args:
        labels: Of the run.
        predicted: Shape (n,).
        known: Measured labels of the training samples; where left out, values are infinite from
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
        value: On the scale that models learn, of each run, shape (n_runs, n_samples); NaN where a
            device gave no value.
        label: Of each run, same shape.
        percentile: Place among the training predictions of each run, same shape.
        residuals: ``|measured - predicted|`` on that scale of rows not trained on, by run.
        place_errors: Measured less predicted place of the same rows, in percentiles, by run.
        measure: What is predicted.
    """

    value: Reals
    label: Reals
    percentile: Reals
    residuals: Sequence[Reals]
    place_errors: Sequence[Reals]
    measure: Measure = LN_IC50

    @property
    def place(self) -> Reals:
        """Mean place over the runs, shape (n_samples,)."""
        return np.asarray(self.percentile.mean(axis=0))

    def table(self, coverage: float) -> pd.DataFrame:
        """Return the measure with bounds, label and percentile; its spread for several runs.

        Mean and bounds are taken on the scale that models learn and then brought to the user's
        unit, which changes no coverage. Bounds are blank without validation rows, and infinite
        where these are too few.
        """
        name, mean = self.measure.column, self.value.mean(axis=0)
        low = high = np.full(mean.shape, np.nan)
        if sum(map(len, self.residuals)):
            bounds = conformal_bounds(self.value, self.residuals, coverage)
            low, high = (np.where(np.isnan(mean), np.nan, each) for each in bounds)
        if self.measure.sign < 0:
            low, high = high, low
        columns = {
            column: self.measure.from_scale(each)
            for column, each in ((name, mean), (f"{name}{LOW}", low), (f"{name}{HIGH}", high))
        }
        columns |= {"label": self.label.mean(axis=0), "percentile": self.place}
        if len(self.value) > 1:
            columns[f"{name}{SPREAD}"] = self.measure.from_scale(self.value).std(axis=0, ddof=1)
        return pd.DataFrame(columns)


def forecast(members: Sequence[Member]) -> DrugForecast:
    """Return what the runs of one drug say, each with the residuals of its own validation rows."""
    parts = [_of_member(member) for member in members]
    return DrugForecast(
        value=np.stack([part[0] for part in parts]),
        label=np.stack([each.values for each in members]),  # noqa: PD011  # no data frame
        percentile=np.stack([part[1] for part in parts]),
        residuals=[part[2] for part in parts],
        place_errors=[part[3] for part in parts],
        measure=members[0].trained.config.data.measured,
    )


def _of_member(member: Member) -> tuple[Reals, Reals, Reals, Reals]:
    """Return values, places, residuals and errors of places of one run."""
    fitted, measure = member.trained.preprocessor, member.trained.config.data.measured
    known = member.known[member.known["prediction"].notna()]
    train, held_out = (known[known["part"] == part] for part in ("train", "validation"))
    if not len(held_out):
        held_out = _of_folds(fitted, member.known, measure)
    predicted, labelled = (train[name].to_numpy(float) for name in ("prediction", "label"))
    outside = held_out["prediction"].to_numpy(float)
    measured = _without_kind(fitted, held_out, measure)
    residuals = np.abs(measured - value_of(fitted.labels, outside, labelled))
    place_errors = percentiles(held_out["label"].to_numpy(float), labelled) - percentiles(
        outside, predicted
    )
    value = value_of(fitted.labels, member.values, labelled) + fitted.expected(member.dataset)
    return value, percentiles(member.values, predicted), residuals, place_errors


def _without_kind(fitted: Preprocessor, rows: pd.DataFrame, measure: Measure) -> Reals:
    """Return the measured values of rows on the scale that models learn, less their kind's mean."""
    if fitted.kinds is None:
        return measure.to_scale(rows[measure.column].to_numpy(float))
    return value_of(fitted.labels, rows["label"].to_numpy(float))


def _of_folds(fitted: Preprocessor, known: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return rows that the folds of a cross-validation held out, with labels of the run's model.

    Each fold normalised labels by constants of its own. Where folds have means of kinds of their
    own, too, their rows do not tell what this model would have predicted: there are none then.

    Args:
        fitted: Preprocessing of the model that was trained on all rows.
        known: Measured and predicted values of a run.
        measure: What is predicted.
    """
    rows = known[(known["part"] == HELD_OUT) & known["prediction"].notna()]
    if fitted.kinds is not None or not len(rows):
        return rows.iloc[:0]
    predicted = measure.to_scale(rows[f"predicted_{measure.column}"].to_numpy(float))
    beyond = np.sign(rows["prediction"].to_numpy(float)) * np.inf  # at or beyond +-1: no inverse
    values = {
        "label": measure.to_scale(rows[measure.column].to_numpy(float)),
        "prediction": np.where(np.isnan(predicted), beyond, predicted),
    }
    mean, scale = fitted.labels.mean_[0], fitted.labels.scale_[0]
    return rows.assign(**{name: np.tanh((each - mean) / scale) for name, each in values.items()})
