"""The trial itself as a check: shares that meet the criterion at its doses, against the model."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.padded import padded
from qkdrp.systems.pkpd.data.trial import BIOMARKER, Trial
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.model import DoseModel, DoseSource
from qkdrp.systems.pkpd.mechanism import Schedule

N_REPEATS = 200
"""Simulated trials."""

LEVEL = 0.95
"""Of the prediction interval."""


@dataclass(frozen=True)
class LevelCount:
    """Subjects of one dose level that keep to the target over the last interval of the trial.

    Args:
        dose: Nominal dose, mg; 0 for placebo.
        n: Subjects with a measurement in that interval.
        observed: Those that met the criterion with all measurements of the interval.
        low: Lower end of the model's 95% prediction interval of that count.
        high: Upper end.
    """

    dose: float
    n: int
    observed: int
    low: int
    high: int

    @property
    def inside(self) -> bool:
        """Whether the count lies in the prediction interval."""
        return self.low <= self.observed <= self.high


def level_counts(source: DoseSource, criterion: Criterion, seed: int = 0) -> list[LevelCount]:
    """Return counts of each dose level, observed and predicted.

    The model is simulated with the trial's own subjects, doses and times, variability between
    subjects and errors of measurement.

    Args:
        source: A model and its trial.
        criterion: What is asked of each subject.
        seed: Of the simulation.

    Returns:
        One for each dose level with measurements, the lowest dose first.
    """
    trial = source.trial
    times = [each.observations[BIOMARKER].times for each in trial.subjects]
    window = _last_interval(trial)
    used = [t[(t >= window[0]) & (t <= window[1])] for t in times]
    slots = max((len(t) for t in used), default=0)
    if not slots:
        return []
    at = np.zeros((len(trial), slots))
    there = np.zeros((len(trial), slots), dtype=bool)
    measured = np.full((len(trial), slots), np.nan)
    for row, (subject, chosen) in enumerate(zip(trial.subjects, used, strict=True)):
        observed = subject.observations[BIOMARKER]
        at[row, : len(chosen)], there[row, : len(chosen)] = chosen, True
        values = np.where(observed.below, 0.0, observed.values)
        measured[row, : len(chosen)] = values[np.isin(observed.times, chosen)]
    there &= ~np.isnan(measured)
    met = _met(criterion, measured, there)
    simulated = _met(criterion, _simulated(source.model, source, at, seed), there)
    levels, has = trial.dose_levels(), there.any(axis=1)
    return [
        _count(float(level), met[rows], simulated[:, rows])
        for level in np.unique(levels[has])
        if (rows := (levels == level) & has).any()
    ]


def _last_interval(trial: Trial) -> tuple[float, float]:
    """Return the interval after the last dose of most subjects, hours: as long as the others."""
    dosed = [each.doses.times for each in trial.subjects if len(each.doses)]
    if not dosed:
        return 0.0, float("inf")
    last = float(np.median([times[-1] for times in dosed]))
    gaps = np.concatenate([np.diff(times) for times in dosed])
    return last, last + (float(np.median(gaps)) if len(gaps) else float("inf"))


def _met(
    criterion: Criterion, values: NDArray[np.float64], there: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return whether all values that are there keep to the target, (..., n_subjects)."""
    sign = -1 if criterion.direction == "below" else 1
    kept: NDArray[np.bool_] = np.asarray(sign * (values - criterion.target) > 0)
    found: NDArray[np.bool_] = np.all(kept | ~there, axis=-1)
    return found


@torch.no_grad()
def _simulated(
    model: DoseModel, source: DoseSource, at: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Return measured biomarkers of simulated trials, (n_repeats, n_subjects, n_times)."""
    trial, rng = source.trial, np.random.default_rng(seed)
    tensors = padded(trial)
    schedule = Schedule(tensors.dose_times, tensors.dose_amounts)
    normal = torch.from_numpy(rng.normal(size=(N_REPEATS, len(trial), model.n_deviates)))
    subjects = model.subjects(source.observed(), normal)
    found = subjects.courses(schedule, torch.from_numpy(at))
    noise = model.sigma.get(BIOMARKER, 0.0) * rng.normal(size=found.biomarker.shape)
    values: NDArray[np.float64] = found.biomarker.numpy() * np.exp(noise)
    return values


def _count(dose: float, met: NDArray[np.bool_], simulated: NDArray[np.bool_]) -> LevelCount:
    counts = simulated.sum(axis=1)
    low = int(np.quantile(counts, (1 - LEVEL) / 2, method="lower"))
    high = int(np.quantile(counts, (1 + LEVEL) / 2, method="higher"))
    return LevelCount(dose, len(met), int(met.sum()), low, high)
