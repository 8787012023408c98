"""The plan of a study: tasks in phases; and the protocol of its report."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qkdrp.common.settings import Settings
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.runners import Runner
from qkdrp.experiments.study.tasks import Task

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console


@dataclass(frozen=True)
class Phase:
    """Tasks that may run side by side, once those of earlier phases are done.

    Args:
        name: What they are.
        tasks: The tasks.
        runner: Where they run; None for where the study runs.
        unit: What each of them is.
    """

    name: str
    tasks: Sequence[Task]
    runner: Runner | None = None
    unit: str = "trainings"


@dataclass(frozen=True)
class Cost:
    """What a part of a study would take.

    Args:
        label: The part.
        configurations: Of it.
        counts: Trainings by kind.
        seconds: Of one thread, all trainings together.
    """

    label: str
    configurations: int
    counts: Mapping[str, int]
    seconds: float


class Plan(ABC):
    """The tasks of a study.

    Constructors only keep what they are given. A class method ``open`` of a subclass checks the
    settings, loads data and makes the plan.

    Args:
        name: Of the study on the command line.
        config: All that determines the numbers of the study, written to ``study.json``.
        digests: Of the data, by what they are called.
    """

    config: Settings

    def __init__(self, name: str, config: Settings, digests: Mapping[str, str]) -> None:
        self.name, self.config, self.digests = name, config, digests

    @abstractmethod
    def phases(self, findings: Findings) -> Iterator[Phase]:
        """Yield what is to be done; later phases may depend on what earlier ones found."""

    def begin(self, path: Path) -> None:  # noqa: B027  # most studies keep nothing but results
        """Write into the folder of the study what its tasks are made of."""


class Report(Protocol):
    """Writes and prints the results of a study when its tasks are done."""

    def write(self, findings: Findings, path: Path) -> "Mapping[str, pd.DataFrame]":
        """Write tables, figures and a report into the folder of the study; return the tables."""

    def show(
        self, console: "Console", findings: Findings, tables: "Mapping[str, pd.DataFrame]"
    ) -> None:
        """Print what the study came to, in short."""
