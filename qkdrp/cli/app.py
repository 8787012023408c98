"""The ``qkdrp`` command: its sub-commands, and how errors end."""

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.metadata import version as package_version
from typing import Annotated, NoReturn

import typer

from qkdrp.cli import data, jobs
from qkdrp.cli.depth import depth
from qkdrp.cli.evaluate import evaluate
from qkdrp.cli.train import train
from qkdrp.common.errors import QkdrpError

USER_ERROR, INTERRUPTED = 2, 1
"""Exit codes beside 0: something to mend in the call or the data; stopped by Ctrl-C."""

SIGINT_CODE = 130
"""What typer returns for Ctrl-C, by its version; otherwise it raises."""

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
app.command()(evaluate)
app.command()(depth)
app.add_typer(data.app, name="data")
app.add_typer(jobs.app, name="jobs")
for _entry in entry_points(group="qkdrp.commands"):  # rooms above this one bring their own
    app.add_typer(_entry.load(), name=_entry.name)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with 0, 1 or 2.

    Args:
        arguments: Words behind ``qkdrp``; those of the process where left out.
    """
    try:
        code = app(args=arguments, prog_name="qkdrp", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = SIGINT_CODE
    except Exception as error:
        message = _user_message(error)
        if message is None:
            raise
        if message:
            _say(f"error: {message}")
        sys.exit(USER_ERROR)
    if code == SIGINT_CODE:
        _say("interrupted.")
        sys.exit(INTERRUPTED)
    sys.exit(code or 0)


def _user_message(error: Exception) -> str | None:
    """Return what to tell the user, or None where the fault is ours."""
    if hasattr(error, "format_message"):  # typer's usage errors have no public common base
        message = error.format_message()  # empty where the help itself is the message
        return f"{message.rstrip('.')}. See --help." if message else ""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'file'}: {error.strerror}; give another path."
    return str(error) if isinstance(error, QkdrpError) else None


def _say(message: str) -> None:
    print(" ".join(message.split()), file=sys.stderr)  # noqa: T201  # one line, unwrapped
