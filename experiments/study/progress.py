"""Progress of tasks: a bar on a terminal, some lines elsewhere, and the time that is left."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from statistics import fmean

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from qkdrp.experiments.study.outcomes import Outcome
from qkdrp.experiments.study.plan import Phase
from qkdrp.experiments.study.tasks import Task
from qkdrp.experiments.study.text import duration

TIMED = 2
"""Tasks, after the first one of each worker, from which the time that is left is first told."""

PATIENCE = 30.0
"""Seconds of a first task from which it is told at once, since loading and compiling are then a
small part of it; and seconds between lines off a terminal."""


class TimeLeft:
    """Estimates the time that tasks still take, from the times of those of their kind.

    The first task of each worker also loads data and compiles kernels. It counts only until others
    are known.

    Args:
        tasks: What is to be done.
        n_workers: Tasks that run at the same time.
    """

    def __init__(self, tasks: Sequence[Task], n_workers: int) -> None:
        self.left, self.n_workers = Counter(task.kind for task in tasks), n_workers
        self.first: list[float] = []
        self.workers: set[str] = set()
        self.seconds: dict[str, list[float]] = {}

    def add(self, outcome: Outcome) -> None:
        """Count a finished or failed task."""
        kind = outcome.task.kind
        self.left[kind] -= 1
        if outcome.result is None:
            return
        if outcome.worker not in self.workers:
            self.workers.add(outcome.worker)
            self.first.append(outcome.result.seconds)
        else:
            self.seconds.setdefault(kind, []).append(outcome.result.seconds)

    @property
    def n_timed(self) -> int:
        """Tasks after the first one of each worker."""
        return sum(map(len, self.seconds.values()))

    def each(self) -> float | None:
        """Return the mean time of a task that is left; None before any is finished."""
        means = {kind: fmean(found) for kind, found in self.seconds.items()}
        known = list(means.values()) or self.first
        if not known:
            return None
        if not self.left.total():
            return fmean(known)
        total = sum(means.get(kind, fmean(known)) * count for kind, count in self.left.items())
        return total / self.left.total()

    def all(self) -> float | None:
        """Return the time that all tasks that are left take; None before any is finished."""
        each = self.each()
        if each is None:
            return None
        count = self.left.total()
        return each * max(count / self.n_workers, float(count > 0))


class TaskProgress(AbstractContextManager["TaskProgress"]):
    """Shows how far tasks are: a bar on a terminal, some lines elsewhere.

    Args:
        console: Where to.
        phase: Of which they are.
        tasks: Those that are left.
        n_workers: Tasks that run at the same time.
    """

    def __init__(
        self, console: Console, phase: Phase, tasks: Sequence[Task], n_workers: int
    ) -> None:
        self.console, self.total, self.unit = console, len(tasks), phase.unit
        self.time_left = TimeLeft(tasks, min(n_workers, len(tasks)))
        self.said = time.perf_counter()
        self.n_done, self.told = 0, False
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),  # drugs have names of any kind
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.bar = self.progress.add_task(phase.name, total=self.total, left="")

    def __enter__(self) -> "TaskProgress":
        """Show the bar."""
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self.progress.stop()

    def add(self, outcome: Outcome) -> None:
        """Count a finished or failed task."""
        self.n_done += 1
        self.time_left.add(outcome)
        seconds = self.time_left.all()
        left = "" if seconds is None else f"{duration(seconds)} left"
        self.progress.update(self.bar, advance=1, left=left)
        if outcome.result is None:
            what = "waiting" if outcome.pending else "failed"
            self.console.print(f"{what}: {outcome.task.title}: {outcome.error}", soft_wrap=True)
            return
        now = time.perf_counter()
        if not self.told:
            self._tell_first(left, now)
        elif not self.console.is_terminal and now - self.said > PATIENCE:
            self.said = now
            self.console.print(f"{self.n_done} of {self.total}, {left}")

    def _tell_first(self, left: str, now: float) -> None:
        """Tell the time that is left, once it can be told."""
        last = self.n_done == self.total
        longest = max(self.time_left.first, default=0.0)
        if self.time_left.n_timed < TIMED and longest < PATIENCE and not last:
            return
        self.told, self.said = True, now
        about, each = "about", f"{self.time_left.each():.1f} s each"
        origin = f"from {self.time_left.n_timed or self.n_done} {self.unit}"
        if not self.time_left.n_timed and not last:
            about, origin = "at most", "the first ones also load data and compile"
        self.console.print(f"{about} {each}, {left} ({origin})")
