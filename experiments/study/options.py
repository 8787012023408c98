"""Options of every study on the command line: where it runs, and how lists are read."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qkdrp.cli.options import Output

if TYPE_CHECKING:
    from qkdrp.experiments.study.plan import Plan, Report

TRIED, PROTOCOL, WORK = "What is tried", "Protocol", "Where it runs"
"""Panels of the help."""


def separated(text: str | None, read: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """Read values between commas; None stays None, for the preset's.

    Raises:
        typer.BadParameter: If a value is invalid.
    """
    if text is None:
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        return tuple(map(read, words))
    except ValueError as error:
        raise typer.BadParameter(f"found {text!r}, expected values separated by commas.") from error


def listed(help_text: str, panel: str) -> Any:  # noqa: ANN401  # typer's option
    """Return an option that takes values between commas."""
    return typer.Option(help=f"{help_text}, separated by commas.", metavar="LIST",
                        rich_help_panel=panel, show_default="by study")  # fmt: skip


def counted(help_text: str, panel: str = PROTOCOL) -> Any:  # noqa: ANN401
    """Return an option that takes a number and has its default from the preset."""
    return typer.Option(help=help_text, rich_help_panel=panel, show_default="by preset")


Text = str | None


class WorkOptions:
    """Where a study runs, and where its results go."""

    workers: Annotated[
        int,
        typer.Option(
            help="Processes of one thread each; 0 for all cores.", min=0, rich_help_panel=WORK
        ),
    ] = 0
    scheduler: Annotated[
        Text,
        typer.Option(
            help="Dask scheduler to run on instead, or local:N.",
            metavar="ADDRESS",
            rich_help_panel=WORK,
        ),
    ] = None
    output: Output = None
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the study in --output.")] = (
        False
    )


def source_of(given: Mapping[str, Any]) -> str:
    """Return where the data are, as a study that is resumed writes it."""
    from qkdrp.experiments.study.study_folder import data_path_there

    source = str(given["source"])
    if not given["resume"] or given["output"] is None:
        return source
    return data_path_there(given["output"], source)


def conduct_as_told(plan: "Plan", report: "Report", given: Mapping[str, Any]) -> None:
    """Run a study as the options say; exit with 1 where a part of it failed."""
    from qkdrp.experiments.study.conduct import Work, conduct

    work = Work(**{key: given[key] for key in ("workers", "scheduler", "output", "resume")})
    if not conduct(plan, report, work):
        raise typer.Exit(1)
