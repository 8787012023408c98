"""When doses are given, as padded tensors of many subjects."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from qkdrp.common.errors import DataError


@dataclass(frozen=True, eq=False)
class Schedule:
    """Doses of one or many subjects.

    Args:
        times: Shape (..., n_doses), hours, not decreasing along the last dimension, n_doses >= 1.
        amounts: Same shape, mg, not negative. 0 fills up: such an entry has no effect; it stands
            after the subject's doses and repeats the time of the last one.

    Raises:
        DataError: For tensors of other shapes, times that decrease and negative amounts.
    """

    times: torch.Tensor
    amounts: torch.Tensor

    def __post_init__(self) -> None:
        """Check shapes, order and signs."""
        if self.times.shape != self.amounts.shape or self.times.shape[-1:] in ((), (0,)):
            raise DataError(
                f"Dose times of shape {tuple(self.times.shape)} and amounts of shape "
                f"{tuple(self.amounts.shape)}: both must be (..., n_doses), n_doses >= 1."
            )
        if not (torch.isfinite(self.times).all() and torch.isfinite(self.amounts).all()):
            raise DataError("Dose times and amounts must be finite numbers.")
        if (self.times.diff(dim=-1) < 0).any():
            raise DataError("Dose times decrease; sort the doses of each subject by time.")
        if (self.amounts < 0).any():
            raise DataError("A dose has a negative amount; amounts are in mg, 0 or more.")

    @classmethod
    def padded(cls, doses: Iterable[tuple[ArrayLike, ArrayLike]]) -> "Schedule":
        """Return one schedule of many subjects, from (times, amounts) of each; none is placebo.

        Returns:
            A schedule of shape (n_subjects, most doses of a subject, or 1).
        """
        pairs = [(np.asarray(t, float), np.asarray(a, float)) for t, a in doses]
        width = max([1, *(len(times) for times, _ in pairs)])
        times, amounts = np.zeros((len(pairs), width)), np.zeros((len(pairs), width))
        for row, (at, amount) in enumerate(pairs):
            if len(at):
                times[row] = at[-1]
                times[row, : len(at)], amounts[row, : len(at)] = at, amount
        return cls(torch.from_numpy(times), torch.from_numpy(amounts))

    @classmethod
    def regular(cls, amount: float, interval: float, n_doses: int) -> "Schedule":
        """Return the same dose every ``interval`` hours from time 0, shape (n_doses,)."""
        times = interval * torch.arange(n_doses, dtype=torch.float64)
        return cls(times, torch.full_like(times, amount))

    def __getitem__(self, index: object) -> "Schedule":
        """Return the schedule of chosen subjects: indices of the leading dimensions."""
        return Schedule(self.times[index], self.amounts[index])  # type: ignore[index]  # torch's, of any kind


LATE_HOURS, LEAST_LATE = 504.0, 4
"""Three weeks, and at least four doses: the 21 daily and 4 weekly ones of Team PNU."""


def late_doses(interval: float) -> int:
    """Return the doses before the window that Team PNU looks at: of three weeks, at least four.

    Args:
        interval: Hours between doses.
    """
    return max(LEAST_LATE, round(LATE_HOURS / interval))
