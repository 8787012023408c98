"""Outcomes of tasks: results and failures."""

import os
from dataclasses import dataclass, field
from socket import gethostname
from threading import get_ident
from time import perf_counter

from qkdrp.common.errors import RunError
from qkdrp.experiments.study.saved_training import NOTHING_SAVED, Checkpoints
from qkdrp.experiments.study.tasks import Result, Task, run_task

ATTEMPTS = 2
"""Times that a task is tried."""


@dataclass(frozen=True)
class Outcome:
    """What became of one task.

    Args:
        task: The task.
        result: Its result; None where it failed.
        error: Why it failed last.
        pending: Whether it did not fail, but waits for something elsewhere.
        worker: Host, process and thread that ran it.
        seconds: Time that the worker spent on it, of all tries; a resumed training took longer.
    """

    task: Task
    result: Result | None = None
    error: str = ""
    pending: bool = False
    worker: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)


@dataclass
class Findings:
    """Results of tasks by their key, and what failed.

    Args:
        results: Of finished tasks.
        failed: Outcomes without a result.
        wall_seconds: Time spent here, resumed or not.
        task_seconds: Time that workers spent here on tasks.
    """

    results: dict[str, Result] = field(default_factory=dict)
    failed: list[Outcome] = field(default_factory=list)
    wall_seconds: float = 0.0
    task_seconds: float = 0.0

    def of(self, task: Task) -> Result | None:
        """Return the result of a task, None where it failed."""
        return self.results.get(task.key)


def attempt(task: Task, checkpoints: Checkpoints = NOTHING_SAVED) -> Outcome:
    """Run a task, once more if it fails; never raises.

    Args:
        task: The task.
        checkpoints: Where its training is saved, and from where it goes on.
    """
    error, worker = "", f"{gethostname()} {os.getpid()} {get_ident()}"
    start = perf_counter()
    for _ in range(ATTEMPTS):
        try:
            result = run_task(task, checkpoints)
            return Outcome(task, result, worker=worker, seconds=perf_counter() - start)
        except RunError as failure:  # the checkpoint is damaged: train from the beginning
            checkpoints.of(task.key).delete()
            error = str(failure)
        except Exception as failure:  # noqa: BLE001  # one task's failure must not end the others
            error = f"{type(failure).__name__}: {failure}"
    return Outcome(task, error=error, seconds=perf_counter() - start)
