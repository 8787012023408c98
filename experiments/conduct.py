"""Conducting a study from plan to report, and saying how to go on where it stopped."""

from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.experiments.comparisons import variant_name, variants
from qkdrp.experiments.driver import Findings, duration
from qkdrp.experiments.report import REPORT, with_interval, write_report
from qkdrp.experiments.runners import open_runner
from qkdrp.experiments.store import open_store
from qkdrp.experiments.study import StudyPlan, run_study
from qkdrp.experiments.summary import rows_of


def conduct(
    plan: StudyPlan,
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
    console = Console(highlight=False)
    with open_runner(workers, scheduler) as runner:
        store = open_store(plan.config, plan.digests, output, default, resume)
        try:
            findings = run_study(plan, store, runner, console)
        except KeyboardInterrupt:
            console.print(
                f"stopped; what is finished is in {store.path}: go on with the same command and "
                f"--output {store.path} --resume",
                soft_wrap=True,
            )
            raise
        tables = write_report(plan, findings, store.path)
        n_workers = runner.n_workers
    _show(console, plan, findings, tables)
    if findings.wall_seconds:
        spare = 1 - findings.task_seconds / (findings.wall_seconds * n_workers)
        console.print(
            f"{duration(findings.wall_seconds)} on {n_workers} workers, "
            f"{spare:.1%} of it outside trainings"
        )
    if findings.failed:
        console.print(
            f"{len(findings.failed)} trainings failed and are left out; --resume tries them again"
        )
    console.print(f"study folder: {store.path} (begin with {REPORT})", soft_wrap=True)
    return not findings.failed


def _show(
    console: Console, plan: StudyPlan, findings: Findings, tables: dict[str, pd.DataFrame]
) -> None:
    """Print the main table: variants by drug."""
    found = variants(plan, findings)
    drugs = plan.config.drugs
    table = Table(plan.study.axis or "model", *drugs, box=SIMPLE_HEAD)
    kind, column = ("summary", "auc_mean") if plan.study.folds else ("finals", "auc")
    frame = tables[kind]
    for variant in dict.fromkeys(variant for _, variant in found):
        cells = []
        for drug in drugs:
            configuration = found.get((drug, variant))
            rows = frame.head(0) if configuration is None else rows_of(frame, configuration)
            cells.append(with_interval(rows.iloc[0], column) if len(rows) else "")
        table.add_row(variant_name(plan, variant), *cells)
    console.print(table)
    what = "cross-validated" if plan.study.folds else "test"
    console.print(f"{what} AUC with 95% intervals", justify="center")
