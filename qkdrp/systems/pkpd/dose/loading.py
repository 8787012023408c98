"""Time to steady state, and the first dose that shortens it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from qkdrp.systems.pkpd.dose.population import Subjects
from qkdrp.systems.pkpd.mechanism import Schedule

N_SUBJECTS = 256
"""Virtual subjects that the times and ratios are taken over."""

SETTLED = 1e-3
"""Relative change of the biomarker from one interval to the next at steady state."""

MOST_DOSES = 400
"""Doses after which the search for steady state ends."""


@dataclass(frozen=True)
class Loading:
    """The way to steady state, over the population.

    Args:
        dose: First dose with which the concentration at the end of the first interval is that of
            steady state in the median subject, mg.
        doses: The same for the subjects at 5% and 95%, mg.
        hours: Time until the biomarker changes by less than 0.1% from one interval to the next
            under regular doses: median, and 95% of subjects; None where it takes longer than
            :data:`MOST_DOSES` doses.
    """

    dose: float
    doses: tuple[float, float]
    hours: tuple[float | None, float | None]

    def __str__(self) -> str:
        """Return both in words."""
        median, most = (
            "longer than was looked at" if hours is None else f"{hours / 24:.3g} d"
            for hours in self.hours
        )
        return (
            f"loading dose {self.dose:.3g} mg ({self.doses[0]:.3g} to {self.doses[1]:.3g} mg in "
            f"90% of subjects); steady state of the biomarker after {median} (median), {most} (95%)"
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "loading_dose": self.dose,
            "loading_dose_5_95": list(self.doses),
            "hours_to_steady_state_median": self.hours[0],
            "hours_to_steady_state_95": self.hours[1],
            "settled_below": SETTLED,
        }


@torch.no_grad()
def loading_of(subjects: Subjects, dose: float, interval: float) -> Loading:
    """Return the loading dose of a regular dose and the time to steady state.

    Args:
        subjects: Virtual subjects of a model whose concentrations are proportional to the dose.
        dose: mg every ``interval`` hours, above 0.
        interval: Hours.
    """
    few = subjects.courses.first(N_SUBJECTS)
    trough = torch.tensor([interval], dtype=torch.float64)
    first = few.courses(Schedule.regular(dose, interval, 1), trough)
    steady = few.interval(interval, refine=2).at(dose)
    ratio = (steady.concentration[:, -1] / first.concentration[:, 0]).numpy()
    low, median, high = (dose * np.quantile(ratio, (0.05, 0.5, 0.95))).tolist()
    ends = interval * torch.arange(1, MOST_DOSES + 1, dtype=torch.float64)
    doses = Schedule.regular(dose, interval, MOST_DOSES)
    troughs = few.courses(doses, ends).biomarker
    change = (troughs.diff(dim=-1) / troughs[:, 1:]).abs() >= SETTLED
    moving = torch.where(change, torch.arange(2, MOST_DOSES + 1), 1).amax(-1).numpy()
    hours = [float(np.quantile(moving, level, method="higher")) for level in (0.5, 0.95)]
    half, most = (None if n >= MOST_DOSES else n * interval for n in hours)
    return Loading(median, (low, high), (half, most))
