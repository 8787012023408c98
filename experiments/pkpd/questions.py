"""The five questions of the challenge: scenarios, schedules and fractions, all arguments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pkpd.challenge import TARGET
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.shortcuts import NO_SHORTCUTS, Shortcuts


@dataclass(frozen=True)
class Scenario:
    """A population by name.

    Args:
        name: What tables call it.
        words: How it differs from the trial's, such as ``bw=uniform:70,140``; empty for the same.
    """

    name: str
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Scenario":
        """Return the scenario of ``NAME: WORD WORD ...``.

        Raises:
            ConfigError: For a text without a name.
        """
        name, colon, words = text.partition(":")
        if not colon or not name.strip():
            raise ConfigError(f"found the scenario {text!r}, expected NAME: WORDS, such as ...")
        return cls(name.strip(), tuple(words.split()))


@dataclass(frozen=True)
class Schedule:
    """Regular dosing, and the step of doses that fits it.

    Args:
        interval: Hours between doses.
        grid: Step of doses, mg.
    """

    interval: float
    grid: float

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Return the schedule of ``HOURS:STEP``.

        Raises:
            ConfigError: For a text that is none.
        """
        try:
            interval, grid = (float(part) for part in text.split(":"))
        except ValueError as error:
            raise ConfigError(
                f"found the schedule {text!r}, expected HOURS:STEP, such as 168:5."
            ) from error
        if not (0 < interval < float("inf") and 0 < grid < float("inf")):
            raise ConfigError(f"schedule {text!r}: hours and step must be above 0.")
        return cls(interval, grid)

    @property
    def name(self) -> str:
        """What tables call it: daily, weekly, or the hours."""
        return {24.0: "daily", 168.0: "weekly"}.get(self.interval, f"every {self.interval:g} h")


BASE = Scenario("base")
"""The population of the trial."""

SCENARIOS = (
    BASE,
    Scenario("BW 70-140", ("bw=uniform:70,140",)),
    Scenario("no COMED", ("comed=0",)),
)
"""Those of the challenge."""

SCHEDULES = (Schedule(24, 0.5), Schedule(168, 5))
"""Those of the challenge."""

FRACTIONS = (0.9, 0.75)
"""Those of the challenge."""


@dataclass(frozen=True)
class Questions:
    """All questions: every scenario with every schedule and fraction.

    Args:
        target: What the biomarker must keep to.
        direction: On which side.
        scenarios: Populations; the first one is what others are compared with.
        schedules: Regular dosing.
        fractions: Shares of subjects.
        shortcuts: Of a published optimiser; none by default.

    Raises:
        ConfigError: If there are none of a kind, or two scenarios have one name.
    """

    target: float = TARGET
    direction: Literal["below", "above"] = "below"
    scenarios: tuple[Scenario, ...] = SCENARIOS
    schedules: tuple[Schedule, ...] = SCHEDULES
    fractions: tuple[float, ...] = FRACTIONS
    shortcuts: Shortcuts = NO_SHORTCUTS

    def __post_init__(self) -> None:
        """Check names and counts."""
        if not (self.scenarios and self.schedules and self.fractions):
            raise ConfigError("give at least one scenario, one schedule and one fraction.")
        names = [each.name for each in self.scenarios]
        if len(set(names)) < len(names):
            raise ConfigError(f"two scenarios have one name among {', '.join(names)}.")
        for schedule in self.schedules:
            self.criteria(schedule)
            self.shortcuts.ends(schedule.interval)

    def criteria(self, schedule: Schedule) -> list[Criterion]:
        """Return the criteria of a schedule, one for each fraction."""
        return [
            self.shortcuts.asked(
                Criterion(self.target, fraction, schedule.interval, self.direction)
            )
            for fraction in self.fractions
        ]


def fractions_of(text: str) -> tuple[float, ...]:
    """Return the fractions of a text with commas between.

    Raises:
        ConfigError: For a text that holds others than numbers.
    """
    try:
        return tuple(sorted((float(part) for part in text.split(",")), reverse=True))
    except ValueError as error:
        raise ConfigError(f"found the fractions {text!r}, expected 0.9,0.75.") from error


def scenarios_for(covariates: Sequence[str], scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Return the scenarios whose covariates a trial has."""
    names = {name.casefold() for name in covariates} | {"empirical"}
    return tuple(
        each
        for each in scenarios
        if all(word.partition("=")[0].strip().casefold() in names for word in each.words)
    )
