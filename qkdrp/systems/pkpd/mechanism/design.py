"""Doses and times of observation of subjects, with the grid on which responses are stepped."""

from dataclasses import dataclass
from typing import NamedTuple

import torch

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.mechanism.grid import offsets
from qkdrp.systems.pkpd.mechanism.schedule import Schedule


class Places(NamedTuple):
    """Where times lie on the grid; all of shape (..., n_times).

    ``row`` is the interval (the dose before the time), ``point`` the index of the last grid point
    of that interval before the time, ``start`` that point in hours after the dose, and ``rest`` the
    hours from there to the time.
    """

    row: torch.Tensor
    point: torch.Tensor
    start: torch.Tensor
    rest: torch.Tensor


@dataclass(frozen=True, eq=False)
class Design:
    """A schedule, times of observation, and what stays constant while parameters change.

    Make it once and evaluate it for many parameters. Intervals between doses share the grid
    ``inner`` (hours after a dose); the time after the last dose has ``last``.

    ``ends`` are the ends of the intervals between doses, shape (..., n_doses - 1); ``on_grid`` says
    that they all are grid points. ``observations`` are the times.
    """

    schedule: Schedule
    times: torch.Tensor
    inner: torch.Tensor
    last: torch.Tensor
    ends: Places
    on_grid: bool
    observations: Places

    @classmethod
    def of(cls, schedule: Schedule, times: torch.Tensor, refine: int = 1) -> "Design":
        """Return the design of doses and times.

        Args:
            schedule: Doses, shape (..., n_doses).
            times: Times of observation, hours, finite, in any order; shape (..., n_times), leading
                dimensions broadcast with those of the schedule.
            refine: Into how many parts each step of the grid is cut.

        Raises:
            DataError: For times that are not finite.
        """
        times = torch.as_tensor(times, dtype=torch.float64)
        if not torch.isfinite(times).all():
            raise DataError("Times of observation must be finite; fill padded slots with 0.")
        doses, times = _same_lead(schedule.times, times)
        schedule = Schedule(doses, schedule.amounts.expand(doses.shape))
        lengths = doses.diff(dim=-1)
        inner = offsets(_greatest(lengths), lengths, refine)
        treated = schedule.amounts.any(dim=-1)  # without a dose nothing changes: one step does
        last = offsets(_greatest((times - doses[..., -1:])[treated]), refine=refine)
        n_inner = doses.shape[-1] - 1
        ends = _place(torch.arange(n_inner).expand(lengths.shape), lengths, inner)
        row = (torch.searchsorted(doses.contiguous(), times.contiguous(), right=True) - 1).clamp(0)
        since = (times - doses.take_along_dim(row, dim=-1)).clamp(min=0)
        within, beyond = _place(row, since, inner), _place(row, since, last)
        is_last = row == n_inner
        observed = (torch.where(is_last, b, a) for a, b in zip(within, beyond, strict=True))
        return cls(schedule, times, inner, last, ends, not bool(ends.rest.any()), Places(*observed))


def _same_lead(*tensors: torch.Tensor) -> list[torch.Tensor]:
    lead = torch.broadcast_shapes(*(tensor.shape[:-1] for tensor in tensors))
    return [tensor.expand(*lead, tensor.shape[-1]) for tensor in tensors]


def _greatest(hours: torch.Tensor) -> float:
    return max(float(hours.max()), 0.0) if hours.numel() else 0.0


def _place(row: torch.Tensor, since: torch.Tensor, grid: torch.Tensor) -> Places:
    point = (torch.searchsorted(grid, since.contiguous(), right=True) - 1).clamp(0, len(grid) - 1)
    return Places(row, point, grid[point], since - grid[point])
