"""Observations of many subjects as padded tensors on the logarithmic scale."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Self

import numpy as np
import torch

from qkdrp.systems.pkpd.data.padded import PaddedObservations, padded
from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.mechanism import Schedule


@dataclass(frozen=True, eq=False)
class Panel:
    """Subjects of a trial: doses and observations, padded, in double precision.

    Slots of the concentration come first, those of the biomarker last.

    Args:
        dose_times: Hours, shape (n_subjects, n_doses).
        dose_amounts: Amounts, 0 for padding, shape (n_subjects, n_doses).
        times: Hours of observations, shape (n_subjects, n_slots); 0 for padding.
        logs: Natural logarithms of values; of the limit where the value is below it.
        below: Whether a value is below the limit of quantification.
        seen: Whether a slot holds an observation.
        n_concentration: How many slots are concentrations.
    """

    dose_times: torch.Tensor
    dose_amounts: torch.Tensor
    times: torch.Tensor
    logs: torch.Tensor
    below: torch.Tensor
    seen: torch.Tensor
    n_concentration: int

    def __len__(self) -> int:
        """Return the number of subjects."""
        return len(self.times)

    def take(self, rows: torch.Tensor | Sequence[int]) -> Self:
        """Return some subjects, in the given order; a subject may come several times."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        tensors = {name: part[rows] for name, part in parts.items() if name != "n_concentration"}
        return type(self)(**tensors, n_concentration=self.n_concentration)

    @property
    def slices(self) -> MappingProxyType[str, slice]:
        """Return the slots of each endpoint."""
        n = self.n_concentration
        return MappingProxyType({ENDPOINTS[0]: slice(0, n), ENDPOINTS[1]: slice(n, None)})

    @property
    def endpoint(self) -> torch.Tensor:
        """Return the number of the endpoint of each slot, shape (n_slots,)."""
        return (torch.arange(self.times.shape[1]) >= self.n_concentration).long()


def panel_of(trial: Trial) -> Panel:
    """Return the observations of a trial; a concentration before any dose tells nothing.

    Args:
        trial: Its subjects; concentrations of those without doses are left out, since the
            mechanism knows that they are 0.
    """
    tensors = padded(trial)
    doses = Schedule.padded([(each.doses.times, each.doses.amounts) for each in trial.subjects])
    first = torch.tensor(
        [each.doses.times[0] if len(each.doses) else np.inf for each in trial.subjects]
    )
    concentrations = _logs(tensors.concentration)
    dosed = tensors.concentration.times > first.unsqueeze(1)
    seen = [concentrations[2] & dosed, _logs(tensors.biomarker)[2]]
    parts = [concentrations, _logs(tensors.biomarker)]
    return Panel(
        doses.times,
        doses.amounts,
        torch.cat([tensors.concentration.times, tensors.biomarker.times], dim=1),
        torch.cat([part[0] for part in parts], dim=1),
        torch.cat([part[1] for part in parts], dim=1),
        torch.cat(seen, dim=1),
        tensors.n_slots[0],
    )


def _logs(part: PaddedObservations) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return logarithms of values or limits, which are below, and which are known."""
    seen = part.measured | part.below
    level = torch.where(part.below, part.limit, part.values)
    return torch.where(seen, level, 1.0).log(), part.below, seen
