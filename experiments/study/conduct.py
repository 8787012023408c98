"""The run of a whole study: its tasks, its report, and what is printed at the end."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from qkdrp.cli.console import console, print_folder
from qkdrp.common.errors import StudyError
from qkdrp.experiments.study.driver import finished_so_far, run_study
from qkdrp.experiments.study.options import Work
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Plan, Report
from qkdrp.experiments.study.report_parts import REPORT
from qkdrp.experiments.study.runners import open_runner
from qkdrp.experiments.study.study_folder import open_store
from qkdrp.experiments.study.text import duration


def conduct(plan: Plan, report: Report, work: Work) -> bool:
    """Run a study, or nothing, and write its report; tell whether all that ran succeeded.

    Args:
        plan: The tasks.
        report: What is told of them.
        work: Where they run, and where results go.

    Raises:
        StudyError: If the folder is of another study, workers cannot be had, or a report is asked
            for of a study of which nothing is finished.
        KeyboardInterrupt: On Ctrl-C; what is finished is kept.
    """
    screen = console()
    default = Path("runs") / f"{plan.name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    if work.report_only:
        store = open_store(plan.config, plan.digests, work.output, default, work.resume)
        findings = finished_so_far(plan, store)
        if not findings.results:
            raise StudyError(f"{store.path}: found nothing finished, so there is no report yet.")
        tables = report.write(findings, store.path)
        report.show(screen, findings, tables)
        screen.print(f"{len(findings.results)} done, {len(findings.failed)} still to be done")
        print_folder("study", store.path, f" (begin with {REPORT})")
        return True
    with open_runner(work.workers, work.scheduler) as runner:
        store = open_store(plan.config, plan.digests, work.output, default, work.resume)
        plan.begin(store.path)
        try:
            findings = run_study(plan, store, runner, screen, work.checkpoint_every)
        except KeyboardInterrupt:
            screen.print(
                f"stopped; what is finished is in {store.path}: go on with the same command and "
                f"--output {store.path} --resume",
                soft_wrap=True,
            )
            raise
        tables = report.write(findings, store.path)
        n_workers = runner.n_workers
    report.show(screen, findings, tables)
    _show_times(screen, findings, n_workers)
    _show_failures(screen, findings)
    print_folder("study", store.path, f" (begin with {REPORT})")
    return not findings.failed


def conduct_as_told(plan: Plan, report: Report, given: Mapping[str, Any]) -> None:
    """Run a study as the options say; exit with 1 where a part of it failed."""
    if not conduct(plan, report, Work.among(given)):
        raise typer.Exit(1)


def _show_times(screen: Console, findings: Findings, n_workers: int) -> None:
    if findings.wall_seconds:
        spare = 1 - findings.task_seconds / (findings.wall_seconds * n_workers)
        screen.print(
            f"{duration(findings.wall_seconds)} on {n_workers} workers, "
            f"{spare:.1%} of it outside trainings"
        )


def _show_failures(screen: Console, findings: Findings) -> None:
    pending = sum(outcome.pending for outcome in findings.failed)
    for count, what in ((len(findings.failed) - pending, "failed"), (pending, "are not there yet")):
        if count:
            screen.print(f"{count} trainings {what} and are left out; --resume tries them again")
