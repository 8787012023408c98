"""What a dose must achieve: a threshold that the biomarker keeps to throughout, for a share."""

from dataclasses import dataclass
from typing import Literal

import torch

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.dose.model import DoseModel, HasSupport, Support
from qkdrp.systems.pkpd.dose.population import Subjects
from qkdrp.systems.pkpd.mechanism import late_doses

Direction = Literal["below", "above"]


@dataclass(frozen=True)
class Criterion:
    """The biomarker stays below (or above) a target over the whole interval at steady state.

    Args:
        target: In the unit of the biomarker, positive.
        fraction: Share of subjects in which it must, 0 to 1.
        interval: Hours between doses.
        direction: ``below`` or ``above``.
        moment: ``worst`` for throughout; ``best`` asks for a single moment of the interval, as a
            criterion on its minimum does; that protects no patient.
        noise: Whether a measurement at the worst moment must keep to the target; otherwise the true
            value.
        window: ``steady`` for the interval between two doses at steady state; ``late`` for the one
            that begins an interval after the last of a few doses, as Team PNU looks at.

    Raises:
        ConfigError: For a setting outside these.
    """

    target: float
    fraction: float
    interval: float
    direction: Direction = "below"
    noise: bool = False
    moment: Literal["worst", "best"] = "worst"
    window: Literal["steady", "late"] = "steady"

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.direction not in ("below", "above"):
            raise ConfigError(f"direction is below or above, not {self.direction!r}.")
        if not 0 < self.fraction < 1:
            raise ConfigError(f"fraction is a share between 0 and 1, not {self.fraction:g}.")
        for name in ("target", "interval"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(f"{name} is a number above 0, not {getattr(self, name):g}.")

    def worst(self, biomarker: torch.Tensor) -> torch.Tensor:
        """Return the largest value (below) or smallest (above) of curves, (..., n) to (...).

        Where the best moment decides, the smallest (below) or largest (above).
        """
        largest = (self.direction == "below") == (self.moment == "worst")
        return biomarker.amax(-1) if largest else biomarker.amin(-1)

    def met(self, worst: torch.Tensor) -> torch.Tensor:
        """Return whether worst values keep to the target, same shape."""
        return worst < self.target if self.direction == "below" else worst > self.target

    def __str__(self) -> str:
        """Return the criterion in words."""
        when = "throughout" if self.moment == "worst" else "once in"
        measured = "measured biomarker" if self.noise else "biomarker"
        return (
            f"{measured} {self.direction} {self.target:g} {when} {self.interval:g} h {self._where} "
            f"in {self.fraction:.4g} of the subjects"
        )

    @property
    def _where(self) -> str:
        if self.window == "steady":
            return "at steady state"
        n_doses = late_doses(self.interval)
        return f"that begin {self.interval:g} h after the last of {n_doses} doses"

    @property
    def when(self) -> str:
        """What of the course counts, in words."""
        part = "the whole interval" if self.moment == "worst" else "a single moment of the interval"
        if self.window == "steady":
            return f"{part} between doses, at steady state"
        return f"{part} of {self.interval:g} h {self._where}"


class Responses:
    """How virtual subjects respond to any dose, at steady state.

    Args:
        model: The model.
        subjects: Its virtual subjects.
        criterion: What is asked of them.
    """

    def __init__(self, model: DoseModel, subjects: Subjects, criterion: Criterion) -> None:
        self.criterion = criterion
        late = criterion.window == "late"
        self._interval = subjects.courses.interval(criterion.interval, late=late)
        deviation = model.sigma.get("biomarker", 0.0) if criterion.noise else 0.0
        self._factor = torch.exp(deviation * subjects.noise)
        self._shares: dict[float, float] = {}

    @torch.no_grad()
    def share(self, dose: float) -> float:
        """Return the share of subjects that meet the criterion at a dose, mg."""
        if dose not in self._shares:
            worst = self.criterion.worst(self._interval.at(dose).biomarker) * self._factor
            self._shares[dose] = float(self.criterion.met(worst).double().mean())
        return self._shares[dose]

    @torch.no_grad()
    def share_above(self, dose: float, limit: float) -> float:
        """Return the share of subjects whose concentration exceeds a limit, mg/L, at a dose."""
        highest = self._interval.at(dose).concentration.amax(-1)
        return float((highest > limit).double().mean())

    @torch.no_grad()
    def support(self, dose: float) -> Support | None:
        """Return what the courses at a dose rest on; None for those of a mechanism."""
        interval = self._interval
        return interval.support(dose) if isinstance(interval, HasSupport) else None
