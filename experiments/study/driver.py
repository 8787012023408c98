"""Running the tasks of a study: what is done is kept, what failed is reported, the rest goes on."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from qkdrp.experiments.study.plan import Phase, Plan
from qkdrp.experiments.study.runners import Outcome, Runner
from qkdrp.experiments.study.task_results import TaskStore
from qkdrp.experiments.study.tasks import Result, Task

TIMED = 2
"""Tasks after which the time of all is estimated."""

LINE_SECONDS = 30.0
"""Time between lines about the progress where the output is not a terminal."""


@dataclass
class Findings:
    """Results of tasks by their key, and what failed.

    Args:
        results: Of finished tasks.
        failed: Outcomes without a result.
        wall_seconds: Time spent here, resumed or not.
        task_seconds: Time of the tasks that ran here.
    """

    results: dict[str, Result] = field(default_factory=dict)
    failed: list[Outcome] = field(default_factory=list)
    wall_seconds: float = 0.0
    task_seconds: float = 0.0

    def of(self, task: Task) -> Result | None:
        """Return the result of a task, None where it failed."""
        return self.results.get(task.key)


def run_study(plan: Plan, store: TaskStore, runner: Runner, console: Console) -> Findings:
    """Run all tasks of a study that are not finished, phase by phase.

    Args:
        plan: What there is to do.
        store: Where results are kept.
        runner: Where tasks run, unless a phase has a place of its own.
        console: For progress.
    """
    findings = Findings()
    for phase in plan.phases(findings):
        run_phase(phase, store, phase.runner or runner, findings, console)
    return findings


def run_phase(
    phase: Phase, store: TaskStore, runner: Runner, findings: Findings, console: Console
) -> None:
    """Run the tasks that are not finished, keep each result at once, and add all to the findings.

    Args:
        phase: What there is to do.
        store: Where results are kept.
        runner: Where tasks run.
        findings: Added to.
        console: For progress and failures.
    """
    tasks, name = phase.tasks, phase.name
    if not tasks:
        return
    left = []
    for task in tasks:
        result = store.get(task)
        if result is None:
            left.append(task)
        else:
            findings.results[task.key] = result
    done = f", {len(tasks) - len(left)} of them done already" if len(left) < len(tasks) else ""
    console.print(f"{name}: {len(tasks)} {phase.unit}{done}, {runner.n_workers} workers")
    if not left:
        return
    start = time.perf_counter()
    with TaskProgress(console, phase, len(left), runner.n_workers) as progress:
        for outcome in runner.outcomes(left):
            if outcome.result is None:
                findings.failed.append(outcome)
            else:
                store.put(outcome.task, outcome.result)
                findings.results[outcome.task.key] = outcome.result
                findings.task_seconds += outcome.result.seconds
            progress.add(outcome)
    findings.wall_seconds += time.perf_counter() - start


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


def duration(seconds: float) -> str:
    """Return a time in words: seconds, minutes or hours."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
