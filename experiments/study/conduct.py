"""Conducting a study from plan to report, and saying how to go on where it stopped."""

from pathlib import Path

from qkdrp.cli.console import console, print_folder
from qkdrp.experiments.ito.report import REPORT
from qkdrp.experiments.study.driver import duration, run_study
from qkdrp.experiments.study.plan import Plan
from qkdrp.experiments.study.runners import open_runner
from qkdrp.experiments.study.task_results import open_store


def conduct(
    plan: Plan,
    *,
    workers: int,
    scheduler: str | None,
    output: Path | None,
    default: Path,
    resume: bool,
) -> bool:
    """Run a study and write its report; tell whether all of it succeeded.

    Args:
        plan: The study.
        workers: Processes; 0 for as many as there are cores.
        scheduler: Dask's address instead, or ``local:N``.
        output: The folder that the user asked for.
        default: The folder where none was asked for.
        resume: Whether to go on with what is in the folder.

    Raises:
        StudyError: If the folder is of another study, or workers cannot be had.
        KeyboardInterrupt: On Ctrl-C; what is finished is kept.
    """
    screen = console()
    with open_runner(workers, scheduler) as runner:
        store = open_store(plan.config, plan.digests, output, default, resume)
        plan.begin(store.path)
        try:
            findings = run_study(plan, store, runner, screen)
        except KeyboardInterrupt:
            screen.print(
                f"stopped; what is finished is in {store.path}: go on with the same command and "
                f"--output {store.path} --resume",
                soft_wrap=True,
            )
            raise
        tables = plan.write(findings, store.path)
        n_workers = runner.n_workers
    plan.show(screen, findings, tables)
    if findings.wall_seconds:
        spare = 1 - findings.task_seconds / (findings.wall_seconds * n_workers)
        screen.print(
            f"{duration(findings.wall_seconds)} on {n_workers} workers, "
            f"{spare:.1%} of it outside trainings"
        )
    pending = sum(outcome.pending for outcome in findings.failed)
    for count, what in ((len(findings.failed) - pending, "failed"), (pending, "are not there yet")):
        if count:
            screen.print(f"{count} trainings {what} and are left out; --resume tries them again")
    print_folder("study", store.path, f" (begin with {REPORT})")
    return not findings.failed
