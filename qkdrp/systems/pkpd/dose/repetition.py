"""Dosing until courses repeat: steady state of models that have no periodic solution."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

SETTLED = 1e-3
"""Largest relative change of the biomarker between two intervals at steady state."""

MOST_HOURS = 2016.0
"""Twelve weeks: dosing ends here, settled or not."""

SMALLEST = 1e-12
"""Biomarker, in its unit, below which relative changes are those of this value."""

LEAST_DOSES = 4
"""Doses that are given however long the interval is."""


@dataclass(frozen=True)
class Repeated:
    """How often was dosed until courses repeated.

    Args:
        n_doses: Doses that were given.
        hours: Between them.
        change: Largest relative change of the biomarker from the interval before to the last one;
            None where it was not asked for.
        late: Whether the number of doses was fixed.
    """

    n_doses: int
    hours: float
    change: float | None
    late: bool = False

    @property
    def settled(self) -> bool:
        """Whether courses repeat."""
        return self.change is not None and self.change < SETTLED

    def __str__(self) -> str:
        """Return it in words."""
        days = f"{self.n_doses} doses ({self.n_doses * self.hours / 24:.4g} days)"
        if self.late:
            return f"looked at after {days}, which is no steady state"
        if self.settled:
            return f"at steady state after {days}"
        return (
            f"no steady state: after {days}, where dosing ends, the biomarker still changes by "
            f"up to {self.change:.2%} from one interval to the next"
        )


def repeated(biomarker: Callable[[int], Reals], hours: float) -> Repeated:
    """Return after how many doses the largest change between two intervals is below 0.1%.

    Args:
        biomarker: Takes a number of doses, and returns the biomarker in the interval after each of
            them, shape (n_subjects, n_doses, n_points).
        hours: Between doses.
    """
    most = max(LEAST_DOSES, int(MOST_HOURS // hours))
    values = biomarker(most)
    size = np.maximum(np.abs(values[:, 1:]), SMALLEST)
    change = np.abs(np.diff(values, axis=1)) / size
    largest = change.max(axis=(0, 2))
    settled = np.flatnonzero(largest < SETTLED)
    place = int(settled[0]) if len(settled) else most - 2
    return Repeated(place + 2, hours, float(largest[place]))
