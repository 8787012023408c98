"""The answer: a dose, how sure it is, and what it rests on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qkdrp.systems.pkpd.dose.criterion import Criterion, Responses
from qkdrp.systems.pkpd.dose.model import DoseModel, Support
from qkdrp.systems.pkpd.dose.population import Population
from qkdrp.systems.pkpd.dose.search import Caps, Found, capped_dose, smallest_dose

LEVEL = 0.9
"""Share of refits whose exact dose lies in the interval."""

DISCLAIMER = "For research, not for treatment."
"""What every output of a dose says."""


@dataclass(frozen=True)
class Spread:
    """Exact doses of refits to resampled subjects, mg; infinite where no dose is enough."""

    doses: tuple[float, ...]

    @property
    def low(self) -> float:
        """Lower end of the 90% interval."""
        return self._quantile((1 - LEVEL) / 2)

    @property
    def high(self) -> float:
        """Upper end of the 90% interval; infinite where enough refits reach no dose."""
        return self._quantile((1 + LEVEL) / 2)

    def holds(self, *doses: float) -> bool:
        """Tell whether the interval holds some doses, all of them."""
        return all(self.low <= dose <= self.high for dose in doses)

    def _quantile(self, level: float) -> float:
        doses = np.array(self.doses)
        if np.isfinite(doses).all():
            return float(np.quantile(doses, level))
        # Infinite values must not be interpolated: the order statistic at or outside the level.
        if level < 0.5:
            return float(np.quantile(doses, level, method="lower"))
        return float(np.quantile(doses, level, method="higher"))

    @property
    def n_unreached(self) -> int:
        """Refits in which no dose is enough."""
        return sum(math.isinf(dose) for dose in self.doses)


@dataclass(frozen=True)
class Answer:
    """The smallest dose that meets a criterion in a population.

    Args:
        criterion: What was asked.
        population: For whom.
        grid: Step of doses, mg.
        found: What the search found.
        spread: Doses of refits; None where there are none.
        support: What the courses at the dose rest on; None for those of a mechanism.
        caps: Ends of the grid; None for an open one.
        no_spread: Why there are no refits, in words.
    """

    criterion: Criterion
    population: Population
    grid: float
    found: Found
    spread: Spread | None = None
    support: Support | None = None
    caps: Caps | None = None
    no_spread: str = "the run holds no refits"

    @property
    def extrapolates(self) -> bool:
        """Whether the dose needs features outside the range of the training."""
        return self.support is not None and self.support.extrapolates

    @property
    def error(self) -> float:
        """Monte Carlo error of the share: the binomial one, which Sobol points stay below."""
        share = self.found.share
        return math.sqrt(share * (1 - share) / self.population.n_subjects)

    @property
    def low(self) -> float | None:
        """Lower end of the 90% interval of the exact dose, mg; None without refits."""
        return None if self.spread is None else self.spread.low

    @property
    def high(self) -> float | None:
        """Upper end of the 90% interval of the exact dose, mg; infinite where it is open."""
        return None if self.spread is None else self.spread.high

    def __str__(self) -> str:
        """Return the answer in words."""
        found = self.found
        if found.dose is None:
            return (
                f"not reached up to {found.searched:g} mg every {self.criterion.interval:g} h: "
                f"the share there is {found.share:.3f} ± {self.error:.3f}{self._extrapolates}"
            )
        interval = f"no interval: {self.no_spread}"
        if self.spread is not None:
            high = f"{self.spread.high:.3g}" if math.isfinite(self.spread.high) else "open"
            interval = f"90% interval {self.spread.low:.3g} to {high}"
        return (
            f"{found.dose:g} mg every {self.criterion.interval:g} h (exactly {found.exact:.4g}; "
            f"{interval}); share {found.share:.3f} ± {self.error:.3f}{self._closest}"
            f"{self._extrapolates}"
        )

    @property
    def _closest(self) -> str:
        if self.caps is None or not self.found.closest:
            return ""
        return (
            f", the closest to {self.criterion.fraction:.4g} of doses from {self.caps.low:g} to "
            f"{self.caps.high:g} mg: not reached"
        )

    @property
    def _extrapolates(self) -> str:
        return "; extrapolates" if self.extrapolates else ""

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain values; what is infinite or missing is None."""
        found = self.found
        return {
            "dose": found.dose,
            "dose_exact": found.exact,
            "low": _finite(self.low),
            "high": _finite(self.high),
            "share": found.share,
            "share_error": self.error,
            "share_one_step_below": found.share_below,
            "searched_up_to": found.searched,
            "reached": found.reached,
            "closest_of_grid": found.closest,
            "extrapolates": self.extrapolates,
            "support": None if self.support is None else self.support.to_json(),
            "grid": self.grid,
            "criterion": {
                "target": self.criterion.target,
                "fraction": self.criterion.fraction,
                "direction": self.criterion.direction,
                "interval_h": self.criterion.interval,
                "throughout": self.criterion.when,
                "measurement_error": self.criterion.noise,
            },
            "population": {
                "covariates": {k: str(v) for k, v in self.population.covariates.items()},
                "empirical": self.population.observed is not None,
                "each_once": self.population.each_once,
                "n_subjects": self.population.n_subjects,
                "seed": self.population.seed,
            },
            "refits": None
            if self.spread is None
            else {
                "n": len(self.spread.doses),
                "not_reached": self.spread.n_unreached,
                "level": LEVEL,
                "dose_exact": [_finite(dose) for dose in self.spread.doses],
            },
        }


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def find_dose(
    model: DoseModel,
    population: Population,
    criterion: Criterion,
    grid: float,
    caps: Caps | None = None,
) -> Answer:
    """Return the smallest dose of a grid that meets a criterion.

    Args:
        model: A model.
        population: For whom.
        criterion: What the dose must achieve.
        grid: Step of doses, mg.
        caps: Ends of the grid; None for an open one.

    Raises:
        ConfigError: If the population lacks a covariate of the model, or the grid is not positive.
    """
    return find_doses(model, population, [criterion], grid, caps)[0]


def find_doses(
    model: DoseModel,
    population: Population,
    criteria: Sequence[Criterion],
    grid: float,
    caps: Caps | None = None,
) -> list[Answer]:
    """Return the doses of several criteria; those that differ in the fraction share the work.

    Raises:
        ConfigError: As :func:`find_dose`.
    """
    subjects = population.draw(model)
    responses: dict[Criterion, Responses] = {}
    answers = []
    for criterion in criteria:
        question = replace(criterion, fraction=0.5)
        if question not in responses:
            responses[question] = Responses(model, subjects, criterion)
        share = responses[question].share
        if caps is None:
            found = smallest_dose(share, criterion.fraction, grid)
        else:
            found = capped_dose(share, criterion.fraction, grid, caps)
        support = responses[question].support(found.shown)
        answers.append(Answer(criterion, population, grid, found, support=support, caps=caps))
    return answers


def with_refits(
    answers: Sequence[Answer], refits: Sequence[Sequence[Answer]], none: str
) -> list[Answer]:
    """Return answers with the interval over refits.

    Args:
        answers: One for each question.
        refits: For each refit, the answers to the same questions; empty for none.
        none: Why there are none, in words.
    """
    if not refits:
        return [replace(answer, no_spread=none) for answer in answers]
    return [
        replace(answer, spread=Spread(tuple(_exact(refit[place]) for refit in refits)))
        for place, answer in enumerate(answers)
    ]


def _exact(answer: Answer) -> float:
    return math.inf if answer.found.exact is None else answer.found.exact
