"""Tasks: pieces of work of a study, each a pure function of its settings.

A task gives the same result wherever it runs: it computes on one thread, draws from seeds of its
own, and names its data by their digest.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from qkdrp.common.settings import Settings
from qkdrp.experiments.study.keys import Exclude, Layout, first_key, key_of
from qkdrp.experiments.study.saved_training import NOTHING_SAVED, Checkpoints, SavedTraining
from qkdrp.training.threads import limit_threads


class Result(Settings):
    """What a task came to; each kind of task has its own.

    Args:
        seconds: Time of the task, preprocessing included; of a resumed one, with the training
            before its checkpoint.
    """

    seconds: float


class Task(Settings):
    """One piece of work; subclasses say what it computes.

    Args:
        stage: The kind of task.
    """

    result_type: ClassVar[type[Result]]
    """What the task gives."""

    no_part_of_key: ClassVar[Exclude] = {}
    """Settings that decide no number, such as the place of the data."""

    first_layout: ClassVar[Layout | None] = None
    """Settings of the first version; None for tasks that came later."""

    stage: str

    @property
    def key(self) -> str:
        """A name that only tasks with the same settings share."""
        return key_of(self.stage, self, self.no_part_of_key)

    @property
    def first_key(self) -> str | None:
        """The key that the first version gave; None for a task that it did not have."""
        if self.first_layout is None:
            return None
        return first_key(self, self.first_layout, self.no_part_of_key)

    @property
    @abstractmethod
    def title(self) -> str:
        """What it is, for messages."""

    @property
    def kind(self) -> str:
        """What tasks that take about as long share; progress estimates the time left by it."""
        return self.stage

    def modules(self) -> Sequence[str]:
        """Return the modules that worker processes import before their first task."""
        return ()

    @abstractmethod
    def run(self, saved: SavedTraining) -> Result:
        """Do the work, on as many threads as there are.

        Args:
            saved: Gives the fit loop its checkpoint.

        Raises:
            QkdrpError: If its data are missing or others, or the training diverges.
        """

    def same_settings(self, other: "Task") -> bool:
        """Tell whether another task has the same settings, but for those that decide no number."""
        left, right = (each.model_dump(exclude=dict(self.no_part_of_key)) for each in (self, other))
        return left == right


def run_task(task: Task, checkpoints: Checkpoints = NOTHING_SAVED) -> Result:
    """Run a task on one thread; a training that was killed goes on from its checkpoint.

    Args:
        task: The task.
        checkpoints: Where its training is saved.

    Raises:
        QkdrpError: If its data are missing or others, or the training diverges.
        RunError: If its checkpoint is damaged.
    """
    saved = checkpoints.of(task.key)
    with limit_threads(1):
        result = task.run(saved)
    return result.model_copy(update={"seconds": result.seconds + saved.seconds_before})


def parse_result(task: Task, content: Mapping[str, Any]) -> Result:
    """Read back the result of a task."""
    return task.result_type.make(**content)
