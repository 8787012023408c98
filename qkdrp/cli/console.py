"""What commands print with: texts of users stay as they are."""

import sys
from pathlib import Path

from rich.console import Console

from qkdrp.cli.streams import LastingStream


def console(*, stderr: bool = False) -> Console:
    """Return a console that takes no text for markup, a number or an emoji.

    Args:
        stderr: Whether it prints on standard error.
    """
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def print_note(text: str) -> None:
    """Print on standard error what the user should know, in one line."""
    print("note:", " ".join(text.splitlines()), file=sys.stderr)  # noqa: T201


def print_folder(kind: str, path: Path, hint: str = "") -> None:
    """Print where results are; on standard error where standard output is lost.

    Args:
        kind: Of the results, such as run.
        path: The folder.
        hint: What to do with it.
    """
    line = f"{kind} folder: {path}{hint}"
    console().print(line, soft_wrap=True)
    stream: object = sys.stdout
    if isinstance(stream, LastingStream) and stream.lost:
        print(line, file=sys.stderr)  # noqa: T201
        stream.made_up = True
