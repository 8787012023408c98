"""Subjects as inputs of population models: covariates, doses and observations."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.dose.model import BASELINE
from qkdrp.systems.pkpd.population.material import Material, covariate_columns
from qkdrp.systems.pkpd.population.panel import Panel, panel_of
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.rows import Rows


def column_names(preprocessor: Preprocessor) -> tuple[str, ...]:
    """Return the covariates of population models, the baseline last where it is one."""
    return (*preprocessor.covariates, *([BASELINE] if preprocessor.baseline else []))


def population_rows(preprocessor: Preprocessor, trial: Trial) -> Rows:
    """Return subjects as population models take them; see :class:`SubjectInputs`."""
    names = column_names(preprocessor)
    columns = covariate_columns(trial, names, preprocessor.typical_baseline)
    panel, n = panel_of(trial), len(trial)
    table = np.stack([columns[name] for name in names], axis=1) if names else np.empty((n, 0))
    inputs = SubjectInputs(
        torch.from_numpy(table), torch.from_numpy(trial.dose_levels()), torch.arange(n), panel
    )
    return Rows(inputs.tensors, preprocessor.label(trial))


@dataclass(frozen=True, eq=False)
class SubjectInputs:
    """What a population model is called with.

    Args:
        columns: Values of covariates, shape (n_subjects, n_covariates), float64.
        levels: Dose level of each subject, shape (n_subjects,).
        place: Number of each subject in its part of the split, shape (n_subjects,), int64.
        panel: Doses and observations.
    """

    columns: torch.Tensor
    levels: torch.Tensor
    place: torch.Tensor
    panel: Panel

    @property
    def tensors(self) -> tuple[torch.Tensor, ...]:
        """Return all as tensors whose first dimension is the subject."""
        panel = self.panel
        n_concentration = torch.full((len(panel),), panel.n_concentration)
        return (
            self.columns, self.levels, self.place, panel.dose_times, panel.dose_amounts,
            panel.times, panel.logs, panel.below, panel.seen, n_concentration,
        )  # fmt: skip

    @classmethod
    def of(cls, tensors: tuple[torch.Tensor, ...]) -> Self:
        """Make them again from :attr:`tensors`, of some of the subjects or of all."""
        columns, levels, place, *parts, n_concentration = tensors
        times, amounts, observed, logs, below, seen = parts
        n = int(n_concentration[0]) if len(n_concentration) else 0
        return cls(columns, levels, place, Panel(times, amounts, observed, logs, below, seen, n))

    def sorted(self) -> Self:
        """Return the subjects in the order of their part of the split, which batches shuffle."""
        order = torch.argsort(self.place)
        return type(self)(
            self.columns[order], self.levels[order], self.place[order], self.panel.take(order)
        )

    def by_name(self, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
        """Return values of covariates by name."""
        return {name: self.columns[:, k].numpy() for k, name in enumerate(names)}

    def material(self, names: tuple[str, ...]) -> Material:
        """Return the subjects as fits take them."""
        return Material.of(self.panel, self.levels, self.by_name(names))
