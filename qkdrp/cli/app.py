"""The ``qkdrp`` command and its sub-commands."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.metadata import version as package_version
from shutil import get_terminal_size
from typing import Annotated, Any

import typer

from qkdrp.cli import data, hub, jobs
from qkdrp.cli.depth import depth
from qkdrp.cli.dose import dose
from qkdrp.cli.evaluate import evaluate
from qkdrp.cli.explain import explain
from qkdrp.cli.individualise import individualise
from qkdrp.cli.predict import predict
from qkdrp.cli.train import train
from qkdrp.cli.train_pairs import train_pairs
from qkdrp.cli.train_pkpd import train_pkpd
from qkdrp.cli.validate import validate

SIGINT_CODE = 130
"""What typer returns for Ctrl-C, by its version; otherwise it raises."""

LEAST_FOR_BOXES = 80
"""Columns of a screen below which options are shown without boxes, which would cut their names."""

app = typer.Typer(
    name="qkdrp",
    help="Predict anti-cancer drug response with quantum-classical hybrid models.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def _common(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True)
    ] = False,
) -> None:
    if version:
        print(package_version("qkdrp"))  # noqa: T201
        raise typer.Exit


app.command()(train)
app.command()(train_pairs)
app.command()(train_pkpd)
app.command()(evaluate)
app.command()(predict)
app.command()(validate)
app.command()(explain)
app.command()(depth)
app.command()(dose)
app.command()(individualise)
app.add_typer(data.app, name="data")
app.add_typer(jobs.app, name="jobs")
app.add_typer(hub.app, name="hub")
for _entry in entry_points(group="qkdrp.commands"):  # rooms above this one bring their own
    app.add_typer(_entry.load(), name=_entry.name)


def run_app(arguments: Sequence[str] | None) -> int:
    """Run the sub-command that is asked for and return its exit code.

    Args:
        arguments: Words after ``qkdrp``; those of the process where left out.

    Raises:
        KeyboardInterrupt: On Ctrl-C, whatever typer makes of it.
    """
    command = typer.main.get_command(app)
    if get_terminal_size().columns < LEAST_FOR_BOXES:
        _leave_boxes_out(command)
    try:
        code = command.main(args=arguments, prog_name="qkdrp", standalone_mode=False)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if code == SIGINT_CODE:
        raise KeyboardInterrupt
    return code or 0


def _leave_boxes_out(command: Any) -> None:  # noqa: ANN401  # a class of click's, which typer holds
    """Let a command, and those below it, show options in plain lines."""
    for each in getattr(command, "commands", {}).values():
        _leave_boxes_out(each)
    if not hasattr(command, "commands"):
        command.rich_markup_mode = None
