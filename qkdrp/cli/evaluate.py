"""``qkdrp evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.options import Backend, Output, Threads


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    *,
    backend: Backend = "aer_exact",
    source: Annotated[
        str | None,
        typer.Option("--data", help="The run's data folder, if it has moved.", metavar="FOLDER"),
    ] = None,
    threads: Threads = 0,
    output: Output = None,
) -> None:
    """Evaluate a trained run on any backend, on the test samples of its split."""
    from qkdrp.cli.report import report_evaluation
    from qkdrp.evaluation import evaluate as run_evaluation

    report_evaluation(run_evaluation(run, backend, source, output, threads))
