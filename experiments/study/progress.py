"""Progress of tasks: a bar on a terminal, some lines elsewhere."""

import time
from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from qkdrp.experiments.study.outcomes import Outcome
from qkdrp.experiments.study.plan import Phase
from qkdrp.experiments.study.text import duration

TIMED = 2
"""Tasks after which the time of all is estimated."""

LINE_SECONDS = 30.0
"""Time between lines about the progress where the output is not a terminal."""


class TaskProgress(AbstractContextManager["TaskProgress"]):
    """Shows how far tasks are: a bar on a terminal, some lines elsewhere.

    Args:
        console: Where to.
        phase: Of which they are.
        total: Number of tasks that are left.
        n_workers: Tasks that run at the same time.
    """

    def __init__(self, console: Console, phase: Phase, total: int, n_workers: int) -> None:
        self.console, self.total, self.n_workers = console, total, n_workers
        self.unit = phase.unit
        self.seconds: list[float] = []
        self.start = self.said = time.perf_counter()
        self.n_done = 0
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),  # drugs have names of any kind
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.bar = self.progress.add_task(phase.name, total=total)

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
        self.progress.update(self.bar, advance=1)
        if outcome.result is None:
            what = "waiting" if outcome.pending else "failed"
            self.console.print(f"{what}: {outcome.task.title}: {outcome.error}", soft_wrap=True)
            return
        self.seconds.append(outcome.result.seconds)
        if len(self.seconds) == TIMED:
            each = sum(self.seconds) / TIMED
            whole = duration(each * self.total / self.n_workers)
            self.console.print(
                f"about {each:.1f} s each, {whole} in all (from {TIMED} {self.unit})"
            )
        now = time.perf_counter()
        if not self.console.is_terminal and now - self.said > LINE_SECONDS:
            self.said = now
            left = duration((now - self.start) / self.n_done * (self.total - self.n_done))
            self.console.print(f"{self.n_done} of {self.total}, {left} left")
