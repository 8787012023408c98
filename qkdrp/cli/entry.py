"""How commands begin and end: signals, streams, exit codes. Imports nothing that takes time."""

import sys
from collections.abc import Sequence
from typing import NoReturn

from qkdrp.cli.streams import lasting_streams
from qkdrp.common.errors import QkdrpError
from qkdrp.common.progress import heard_by
from qkdrp.common.stop_signals import stop_signals

USER_ERROR, INTERRUPTED, LOST = 2, 1, 1
"""Exit codes beside 0: something to mend in the call or the data; stopped by a signal; printed
results could not be written."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with 0, 1 or 2.

    Args:
        arguments: Words after ``qkdrp``; those of the process where left out.
    """
    with lasting_streams() as out:
        code = _run(arguments)
        out.flush()
        if out.missed:
            code = code or LOST
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; errors of the user and signals end in one line."""
    try:
        with stop_signals() as signals:
            try:
                from qkdrp.cli.app import run_app  # half a second, in which Ctrl-C may come
                from qkdrp.cli.reading_bar import ReadingBar

                with heard_by(ReadingBar()):
                    return run_app(arguments)
            except Exception as error:
                message = _user_message(error)
                if message is None and signals.received:  # libraries make others of it
                    raise KeyboardInterrupt from error
                if message is None:
                    raise
                if message:
                    _say(f"error: {message}")
                return USER_ERROR
    except KeyboardInterrupt:
        _say("interrupted.")
        return INTERRUPTED


def _user_message(error: Exception) -> str | None:
    """Return what to tell the user, or None where the fault is ours."""
    if hasattr(error, "format_message"):  # typer's usage errors have no public common base
        message = error.format_message()  # empty where the help itself is the message
        end = "" if message.endswith(("?", ".")) else "."
        return f"{message}{end} See --help." if message else ""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'file'}: {error.strerror}; give another path."
    return str(error) if isinstance(error, QkdrpError) else None


def _say(message: str) -> None:
    """Print one line; blanks inside a line may be a user's and stay."""
    lines = (line.strip() for line in message.splitlines())
    print(" ".join(filter(None, lines)), file=sys.stderr)  # noqa: T201
