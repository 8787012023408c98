"""What every study is to those who run it: phases of tasks, what they cost, what they tell."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.backends.registry import find_backend
from qkdrp.experiments.study.config import StudyConfig
from qkdrp.experiments.study.configurations import configurations
from qkdrp.experiments.study.contenders import contender
from qkdrp.experiments.study.folds import make_folds
from qkdrp.experiments.study.rows import cohort_of
from qkdrp.experiments.study.tasks import Task
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.recipes import recipe_of

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from qkdrp.experiments.study.driver import Findings
    from qkdrp.experiments.study.runners import Runner


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
    runner: "Runner | None" = None
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
    """What a study has to do; subclasses know what for.

    Args:
        config: Its settings.

    Raises:
        QkdrpError: If settings do not fit together or data are missing, before any work.
    """

    def __init__(self, config: StudyConfig) -> None:
        self.config = config
        find_backend(config.backend, {})
        self.configurations = configurations(config)
        for configuration in self.configurations:
            if contender(configuration.model).model not in BASELINES:
                recipe_of(configuration.model_config_of())
        self.cohorts = {drug: cohort_of(self.data_of(drug)) for drug in config.drugs}
        self.digests = {drug: cohort.digest() for drug, cohort in self.cohorts.items()}
        for cohort, repeat in product(self.cohorts.values(), range(config.repeats)):
            make_folds(cohort, config.seed, config.data.stratify_test, config.folds, repeat)

    @abstractmethod
    def phases(self, findings: "Findings") -> Iterator[Phase]:
        """Yield what is to be done; later phases may depend on what earlier ones found."""

    @abstractmethod
    def costs(self) -> Iterator[Cost]:
        """Yield what the parts of the study would take, from short trials of them."""

    @abstractmethod
    def write(self, findings: "Findings", path: Path) -> Mapping[str, "pd.DataFrame"]:
        """Write tables, figures and a report into the folder of the study; return the tables."""

    @abstractmethod
    def show(
        self, console: "Console", findings: "Findings", tables: Mapping[str, "pd.DataFrame"]
    ) -> None:
        """Print what it came to, in short."""

    def begin(self, path: Path) -> None:  # noqa: B027  # most keep nothing but results
        """Write into the folder of the study what its tasks are made of."""

    def data_of(self, drug: str) -> DataConfig:
        """Return what is learned from, for one drug."""
        return self.config.data.model_copy(update={"drug": drug})
