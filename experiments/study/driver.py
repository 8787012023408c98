"""Driver of a study: runs its tasks, keeps each result at once, notes failures."""

import time

from rich.console import Console

from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase, Plan
from qkdrp.experiments.study.progress import TaskProgress
from qkdrp.experiments.study.runners import IdleRunner, Runner
from qkdrp.experiments.study.saved_training import NOTHING_SAVED, Checkpoints
from qkdrp.experiments.study.steps import StepProgress
from qkdrp.experiments.study.task_results import TaskStore
from qkdrp.training.checkpoint import EVERY


def run_study(
    plan: Plan, store: TaskStore, runner: Runner, console: Console, every: float = EVERY
) -> Findings:
    """Run all tasks of a study that are not finished, phase by phase.

    Args:
        plan: What there is to do.
        store: Where results are kept.
        runner: Where tasks run, unless a phase has a place of its own.
        console: For progress.
        every: Seconds between two checkpoints of a training.
    """
    findings, checkpoints = Findings(), Checkpoints(store.path.absolute(), every)
    for phase in plan.phases(findings):
        run_phase(phase, store, phase.runner or runner, findings, console, checkpoints)
    checkpoints.clear()
    return findings


def finished_so_far(plan: Plan, store: TaskStore) -> Findings:
    """Return the results that are there, with what is still to be done as pending; run nothing.

    Args:
        plan: What there is to do.
        store: Where results are kept; another process may add to it meanwhile.
    """
    findings, quiet = Findings(), Console(quiet=True)
    for phase in plan.phases(findings):
        run_phase(phase, store, IdleRunner(), findings, quiet, NOTHING_SAVED)
    return findings


def run_phase(
    phase: Phase,
    store: TaskStore,
    runner: Runner,
    findings: Findings,
    console: Console,
    checkpoints: Checkpoints,
) -> None:
    """Run the tasks that are not finished, keep each result at once, and add all to the findings.

    Args:
        phase: What there is to do.
        store: Where results are kept.
        runner: Where tasks run.
        findings: Added to.
        console: For progress and failures.
        checkpoints: Where trainings are saved; the file of a finished one is deleted.
    """
    tasks, name = phase.tasks, phase.name
    if not tasks:
        return
    left = []
    with StepProgress(console) as progress:
        for number, task in enumerate(tasks):
            progress.tell(f"{name}: looking for results, {number} of {len(tasks)}")
            result = store.get(task)
            if result is None:
                left.append(task)
            else:
                key = task.key
                findings.results[key] = result
                checkpoints.of(key).delete()  # should the last run have ended just before that
    done = f", {len(tasks) - len(left)} of them done already" if len(left) < len(tasks) else ""
    console.print(f"{name}: {len(tasks)} {phase.unit}{done}, {runner.n_workers} workers")
    if not left:
        return
    start = time.perf_counter()
    with TaskProgress(console, phase, left, runner.n_workers) as progress:
        for outcome in runner.outcomes(left, checkpoints):
            findings.task_seconds += outcome.seconds
            if outcome.result is None:
                findings.failed.append(outcome)
            else:
                key = store.put(outcome.task, outcome.result)
                checkpoints.of(key).delete()
                findings.results[key] = outcome.result
            progress.add(outcome)
    findings.wall_seconds += time.perf_counter() - start
