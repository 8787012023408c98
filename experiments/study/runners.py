"""Runners of tasks: this process, worker processes of joblib, or a Dask cluster."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import joblib

from qkdrp.backends.workers import end_workers, start_workers
from qkdrp.common.errors import StudyError
from qkdrp.experiments.study.outcomes import Outcome, attempt
from qkdrp.experiments.study.saved_training import NOTHING_SAVED, Checkpoints
from qkdrp.experiments.study.tasks import Task

RESTARTS = 3
"""Times that workers are started again after one of them died."""


class Runner(AbstractContextManager["Runner"], ABC):
    """Runs tasks and gives their outcomes in the order in which they finish.

    Args:
        n_workers: Tasks that run at the same time.
    """

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers

    @abstractmethod
    def outcomes(
        self, tasks: Sequence[Task], checkpoints: Checkpoints = NOTHING_SAVED
    ) -> Iterator[Outcome]:
        """Yield the outcome of every task.

        Args:
            tasks: The tasks.
            checkpoints: Where their trainings are saved, and from where killed ones go on.
        """

    def __exit__(self, kind: object = None, *_: object) -> None:
        """Release what the runner holds; at once if an error of a ``kind`` ended it."""


class IdleRunner(Runner):
    """Runs nothing: every task is still to be done."""

    def __init__(self) -> None:
        super().__init__(0)

    def outcomes(
        self,
        tasks: Sequence[Task],
        checkpoints: Checkpoints = NOTHING_SAVED,  # noqa: ARG002  # of every runner
    ) -> Iterator[Outcome]:
        """Yield that each task is still to be done."""
        yield from (Outcome(task, error="not run yet", pending=True) for task in tasks)


class LocalRunner(Runner):
    """Runs tasks in worker processes of one thread, or in this process if there is one worker.

    Workers start with the first tasks and stay until the runner is closed.

    Args:
        workers: Number of processes; 0 for as many as there are cores.
    """

    def __init__(self, workers: int) -> None:
        super().__init__(workers or joblib.cpu_count())
        self._executor: Executor | None = None

    def __exit__(self, kind: object = None, *_: object) -> None:
        """End the workers, at once after an error."""
        if self._executor is not None:
            end_workers(self._executor, at_once=kind is not None)
            self._executor = None

    def outcomes(
        self, tasks: Sequence[Task], checkpoints: Checkpoints = NOTHING_SAVED
    ) -> Iterator[Outcome]:
        """Yield the outcome of every task.

        Raises:
            StudyError: If workers keep dying.
        """
        if self.n_workers == 1:
            yield from (attempt(task, checkpoints) for task in tasks)
            return
        left = dict(enumerate(tasks))
        for _ in range(1 + RESTARTS):
            try:
                for number, outcome in self._in_workers(dict(left), checkpoints):
                    del left[number]
                    yield outcome
            except BrokenProcessPool:
                self._executor = None
                continue
            return
        raise StudyError(
            f"Workers died {1 + RESTARTS} times with {len(left)} tasks left, for lack of memory "
            "most likely: take fewer --workers and --resume."
        )

    def _in_workers(
        self, tasks: Mapping[int, Task], checkpoints: Checkpoints
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield the outcomes of numbered tasks with their numbers."""
        if self._executor is None:
            modules = dict.fromkeys(name for task in tasks.values() for name in task.modules())
            self._executor = start_workers(self.n_workers, tuple(modules))
        futures = {
            self._executor.submit(attempt, task, checkpoints): number
            for number, task in tasks.items()
        }
        yield from ((futures[future], future.result()) for future in as_completed(futures))


class DaskRunner(Runner):
    """Runs tasks on a Dask cluster; its workers need qkdrp, and the data under the same path.

    A worker that dies is Dask's to replace; its tasks run again elsewhere.

    Args:
        scheduler: Address of a scheduler, or ``local:N`` to start one with N workers here.

    Raises:
        StudyError: If Dask is not installed, the address is invalid, or nobody answers.
    """

    def __init__(self, scheduler: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise StudyError("--scheduler needs Dask: pip install 'qkdrp[cluster]'.") from error
        self._stack = ExitStack()
        address: Any = scheduler
        if scheduler.startswith("local:"):
            count = scheduler.removeprefix("local:")
            if not count.isdecimal() or int(count) < 1:
                raise StudyError(f"--scheduler {scheduler}: expected local:N with N workers.")
            address = self._stack.enter_context(
                distributed.LocalCluster(
                    n_workers=int(count), threads_per_worker=1, dashboard_address="127.0.0.1:0"
                )
            )
        try:
            self.client = self._stack.enter_context(distributed.Client(address, timeout=10))
        except (OSError, ValueError) as error:
            self._stack.close()
            raise StudyError(
                f"--scheduler {scheduler}: found no scheduler there; start one with "
                "'dask scheduler' and 'dask worker', or take local:N."
            ) from error
        threads = self.client.nthreads().values()
        if any(count > 1 for count in threads):
            self._stack.close()
            raise StudyError(
                f"--scheduler {scheduler}: found workers of {max(threads)} threads, expected 1, "
                "which makes results repeatable: start them with --nthreads 1."
            )
        super().__init__(len(threads))

    def __exit__(self, kind: object = None, *_: object) -> None:
        """Leave the cluster, and end it if it was started here."""
        self._stack.close()

    def outcomes(
        self, tasks: Sequence[Task], checkpoints: Checkpoints = NOTHING_SAVED
    ) -> Iterator[Outcome]:
        """Yield the outcome of every task."""
        from distributed import as_completed

        futures = {
            self.client.submit(
                attempt, task, checkpoints, key=f"qkdrp-{task.key}", pure=False
            ): task
            for task in tasks
        }
        for future in as_completed(list(futures)):
            task = futures.pop(future)
            if future.status == "finished":
                yield future.result()
            else:
                yield Outcome(task, error=str(future.exception()))
            future.release()


def open_runner(workers: int, scheduler: str | None) -> Runner:
    """Return the runner that was asked for: one on Dask where a scheduler is named, else here."""
    return LocalRunner(workers) if scheduler is None else DaskRunner(scheduler)
