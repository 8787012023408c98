"""What is asked of trials that are simulated from a known model, and what counts as recovered."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from qkdrp.experiments.pkpd.questions import Schedule
from qkdrp.systems.pkpd.data.truths import TRUTHS, Truth
from qkdrp.systems.pkpd.dose.answer import find_dose
from qkdrp.systems.pkpd.dose.criterion import Criterion, Direction
from qkdrp.systems.pkpd.dose.distributions import Distribution
from qkdrp.systems.pkpd.dose.population import Population

FRACTION = 0.9
"""Share of subjects in which the biomarker must keep to the target."""

LEAST_COVERAGE = 0.8
"""Share of trials whose 90% interval must hold the true dose: 16 of 20."""


@dataclass(frozen=True)
class Case:
    """A question about a known model.

    Args:
        truth: A key of :data:`~qkdrp.systems.pkpd.data.truths.TRUTHS`.
        target: What the biomarker must keep to.
        direction: On which side.
        schedules: Regular dosing.
        covariates: The population, as ``qkdrp dose --population`` says it.
        median: Range that the median ratio of found to true daily dose should lie in.
        spread: Largest standard deviation of the logarithm of that ratio.
    """

    truth: str
    target: float
    direction: Direction
    schedules: tuple[Schedule, ...]
    covariates: Mapping[str, str]
    median: tuple[float, float]
    spread: float

    @property
    def model(self) -> Truth:
        """The known model."""
        return TRUTHS[self.truth]

    @property
    def structure(self) -> str:
        """Short name of its mechanism, such as ``2-I``."""
        return f"{self.model.structure.compartments}-{self.model.structure.effect}"

    def population(self, n_subjects: int) -> Population:
        """Return the population that is asked for."""
        spread = {name: Distribution.parse(text) for name, text in self.covariates.items()}
        return Population(spread, n_subjects)

    def criterion(self, schedule: Schedule) -> Criterion:
        """Return what a dose must achieve."""
        return Criterion(self.target, FRACTION, schedule.interval, self.direction)


CASES: Mapping[str, Case] = MappingProxyType(
    {
        "truth-a": Case(
            "truth-a",
            7.0,
            "below",
            (Schedule(24, 0.5), Schedule(168, 5)),
            MappingProxyType({"BW": "uniform:50,100", "COMED": "share:0.5"}),
            median=(0.9, 1.1),
            spread=0.25,
        ),
        "truth-b": Case(
            "truth-b",
            8.0,
            "above",
            (Schedule(24, 0.1), Schedule(168, 1)),
            MappingProxyType({"BW": "uniform:50,130"}),
            median=(0.8, 1.2),
            spread=0.3,
        ),
    }
)
"""The questions by truth; those whose exact doses are known."""


@cache
def true_doses(truth: str, n_subjects: int) -> Mapping[str, float]:
    """Return the exact doses of a known model by the name of the schedule, mg."""
    case = CASES[truth]
    population = case.population(n_subjects)
    found = {
        each.name: find_dose(case.model, population, case.criterion(each), each.grid).found.exact
        for each in case.schedules
    }
    return {name: dose for name, dose in found.items() if dose is not None}
