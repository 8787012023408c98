"""``qkdrp report``: the report page of a run, written once more; and the page after a training."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.console import console, print_note
from qkdrp.runs.run_path import check_run_path


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.", metavar="RUN...")],
) -> None:
    """Write the report page of runs once more, as after an explanation or an update."""
    for run in runs:
        check_run_path(run)
    from qkdrp.reports.run import write_report

    for run in runs:
        console().print(f"report: {write_report(run)}", soft_wrap=True)


def write_page_of(path: Path) -> None:
    """Write the report page of a run that is complete without: it is worth no error."""
    from qkdrp.reports.run import write_report

    try:
        write_report(path)
    except Exception as error:  # noqa: BLE001  # whatever it is, the run is complete
        print_note(f"no report page was written: {type(error).__name__}: {error}")
