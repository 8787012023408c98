"""``qkdrp jobs``: jobs on hardware that outlive the command that submitted them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qkdrp.backends.runtime.ledger import Ledger
    from qkdrp.runs.jobs import Collected

app = typer.Typer(help="Look after jobs on hardware.", no_args_is_help=True)

Which = Annotated[
    str, typer.Argument(help="Number of the evaluation, or the id of a job.", metavar="ID")
]
File = Annotated[
    Path | None,
    typer.Option("--ledger", help="File that jobs are noted in. [default: in your data folder]"),
]


def _open(path: Path | None) -> "Ledger":
    from qkdrp.backends.runtime.ledger import Ledger

    return Ledger(path)


@app.command("list")
def list_(
    ledger: File = None,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page with states, times, costs and results.", metavar="FILE"),
    ] = None,
) -> None:
    """List what was submitted; asks nobody but the ledger."""
    from qkdrp.cli.hardware_report import print_evaluations

    book = _open(ledger)
    evaluations = book.evaluations()
    if html is not None:
        from qkdrp.cli.hardware_report import write_jobs_page

        write_jobs_page(html, book, evaluations)
    print_evaluations(book, evaluations)


@app.command()
def quota(
    instance: Annotated[
        str | None, typer.Option(help="Name or CRN of the instance. [default: the account's]")
    ] = None,
    ledger: File = None,
) -> None:
    """Print how many minutes of devices are left to the account; submits nothing."""
    from qkdrp.cli.hardware_report import print_quota
    from qkdrp.runs.jobs import quota as ask

    print_quota(*ask(_open(ledger), instance or ""))


@app.command()
def show(which: Which, ledger: File = None) -> None:
    """Print all that the ledger holds of an evaluation, as JSON."""
    from qkdrp.backends.runtime.ledger_destinations import full_summary
    from qkdrp.cli.hardware_report import print_evaluation

    book = _open(ledger)
    print_evaluation(full_summary(book, book.find(which)))


@app.command()
def wait(which: Which, ledger: File = None) -> None:
    """Wait until the jobs of an evaluation have ended; keeps their values in the ledger."""
    from qkdrp.cli.hardware_report import print_evaluations
    from qkdrp.runs.jobs import wait as wait_for

    book = _open(ledger)
    print_evaluations(book, [wait_for(book, book.find(which))])


@app.command("continue")
def continue_(
    which: Annotated[
        str | None,
        typer.Argument(
            help="Number of the evaluation, or the id of a job; all with several stages where "
            "left out.",
            metavar="ID",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for jobs, and go on until the last stage.")
    ] = False,
    over_quota: Annotated[
        bool,
        typer.Option(
            "--over-quota", help="Send jobs that take more than what is left of the account's time."
        ),
    ] = False,
    ledger: File = None,
) -> None:
    """Send the next stage of a model with quantum layers in series, once its angles are known.

    Sends only what was agreed when the evaluation was asked for: the same options, and one limit of
    seconds for all stages. Writes the results where all values are there.
    """
    from qkdrp.cli.hardware_report import print_collected, print_cost
    from qkdrp.runs.jobs import go_on, unfinished

    book = _open(ledger)
    wanted = [book.find(which)] if which else unfinished(book)
    outcomes = (
        go_on(book, each, wait, on_cost=print_cost, over_quota=over_quota) for each in wanted
    )
    if not print_collected(map(_with_page, outcomes), nothing="nothing to continue"):
        raise typer.Exit(1)


@app.command()
def collect(
    which: Annotated[
        str | None,
        typer.Argument(help="Number of an evaluation, or a job; all where left out.", metavar="ID"),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="Where its run is now, or a copy of it.", metavar="FOLDER"),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--data", help="The run's data folder, if it has moved.", metavar="FOLDER"),
    ] = None,
    ledger: File = None,
) -> None:
    """Complete run folders from jobs that have ended; submits nothing."""
    from qkdrp.backends.runtime.ledger_destinations import waiting_evaluations
    from qkdrp.cli.hardware_report import print_collected
    from qkdrp.runs.jobs import collect as collect_one

    if run is not None and which is None:
        raise typer.BadParameter("--run needs the ID of the evaluation that it is for")
    book = _open(ledger)
    wanted = [book.find(which)] if which else waiting_evaluations(book)
    outcomes = (found for each in wanted for found in collect_one(book, each, run, source))
    if not print_collected(map(_with_page, outcomes)):
        raise typer.Exit(1)


def _with_page(outcome: "Collected") -> "Collected":
    """Write the page of predictions that were collected; nothing for evaluations."""
    from qkdrp.reports.predictions import complete_prediction_page

    if outcome.folder is not None:
        complete_prediction_page(outcome.folder)
    return outcome


@app.command()
def cancel(which: Which, ledger: File = None) -> None:
    """Cancel the jobs of an evaluation that have not ended, and tell which could not be."""
    from qkdrp.cli.hardware_report import print_cancelled
    from qkdrp.runs.jobs import cancel as cancel_one

    book = _open(ledger)
    if not print_cancelled(book, cancel_one(book, book.find(which))):
        raise typer.Exit(1)
