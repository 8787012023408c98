"""Subjects as padded tensors, float64: one row for each subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS, Trial
from qkdrp.systems.pkpd.mechanism import Schedule


@dataclass(frozen=True, eq=False)
class PaddedObservations:
    """Observations of one endpoint; rows of fewer than ``n_slots`` observations end with padding.

    Args:
        times: Hours, shape (n_subjects, n_slots), float64; 0 where padded.
        values: Same shape; NaN where padded, below the limit of quantification, or not measured.
        below: Whether the value is below the limit, same shape, bool.
        limit: The limit, same shape; NaN where none is known.
        present: Whether there is an observation, same shape, bool.
    """

    times: torch.Tensor
    values: torch.Tensor
    below: torch.Tensor
    limit: torch.Tensor
    present: torch.Tensor

    @property
    def measured(self) -> torch.Tensor:
        """Whether there is a value, shape (n_subjects, n_slots), bool."""
        return ~torch.isnan(self.values)


@dataclass(frozen=True, eq=False)
class PaddedTrial:
    """A trial as tensors.

    Slots of a model's predictions are those of concentrations, then those of the biomarker.

    Args:
        dose_times: Hours, shape (n_subjects, n_doses), float64; the last time again where padded.
        dose_amounts: Milligrams, same shape; 0 where padded. ``n_doses`` is at least 1.
        concentration: Observations of the drug.
        biomarker: Observations of the biomarker.
        covariates: Shape (n_subjects, n_covariates), in the order of the trial's names.
    """

    dose_times: torch.Tensor
    dose_amounts: torch.Tensor
    concentration: PaddedObservations
    biomarker: PaddedObservations
    covariates: torch.Tensor

    def __len__(self) -> int:
        """Return the number of subjects."""
        return len(self.dose_times)

    @property
    def schedule(self) -> Schedule:
        """The doses, as the mechanism takes them."""
        return Schedule(self.dose_times, self.dose_amounts)

    @property
    def n_slots(self) -> tuple[int, int]:
        """Slots of concentrations and of the biomarker."""
        return self.concentration.times.shape[1], self.biomarker.times.shape[1]

    @property
    def target(self) -> torch.Tensor:
        """Measured values of all slots, shape (n_subjects, n_slots); NaN where there is none."""
        return torch.cat([self.concentration.values, self.biomarker.values], dim=1)


def padded(trial: Trial) -> PaddedTrial:
    """Return a trial as tensors."""
    subjects = trial.subjects
    schedule = Schedule.padded(
        (each.doses.times.tolist(), each.doses.amounts.tolist()) for each in subjects
    )
    series = {name: _observations(trial, name) for name in ENDPOINTS}
    covariates = [[each.covariates[name] for name in trial.covariates] for each in subjects]
    return PaddedTrial(
        dose_times=schedule.times,
        dose_amounts=schedule.amounts,
        concentration=series[CONCENTRATION],
        biomarker=series[BIOMARKER],
        covariates=torch.tensor(covariates, dtype=torch.float64).reshape(len(subjects), -1),
    )


def _observations(trial: Trial, endpoint: str) -> PaddedObservations:
    found = [each.observations[endpoint] for each in trial.subjects]
    n_slots = max([0, *map(len, found)])
    return PaddedObservations(
        times=_rows([each.times for each in found], n_slots, 0.0),
        values=_rows([each.values for each in found], n_slots, np.nan),
        below=_rows([each.below for each in found], n_slots, 0.0).bool(),
        limit=_rows([each.limit for each in found], n_slots, np.nan),
        present=_rows([np.ones(len(each)) for each in found], n_slots, 0.0).bool(),
    )


def _rows(arrays: Sequence[NDArray[Any]], width: int, fill: float) -> torch.Tensor:
    """Return arrays as rows of a tensor, filled up at the end."""
    table = np.full((len(arrays), width), fill)
    for row, array in zip(table, arrays, strict=True):
        row[: len(array)] = array
    return torch.from_numpy(table)
