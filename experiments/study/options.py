"""Options that studies share on the command line, and how lists are read."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from qkdrp.cli.options import DATA
from qkdrp.experiments.ito.studies import PRESETS
from qkdrp.experiments.study.contenders import CONTENDERS

TRIED, PROTOCOL, WORK = "What is tried", "Protocol", "Where it runs"
"""Panels of the help."""


def separated(text: str | None, read: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """Read values between commas; None stays None, for the preset's.

    Raises:
        typer.BadParameter: If a value cannot be meant.
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

Drugs = Annotated[Text, listed("Drugs; all of the data by default", DATA)]
Models = Annotated[Text, listed(f"Of {', '.join(CONTENDERS)}", TRIED)]
NQubits = Annotated[Text, listed("Qubits, n1", TRIED)]
NEncoding = Annotated[Text, listed("Encoding layers, n2", TRIED)]
NVariational = Annotated[Text, listed("Variational layers per block, n3", TRIED)]
LearningRates = Annotated[Text, listed("Learning rates", TRIED)]
AValues = Annotated[Text, listed("Input scales of r*tanh(phi/a)", TRIED)]
RValues = Annotated[Text, listed("Output ranges in radians, as pi/2", TRIED)]
Preset = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(PRESETS)}: how thorough.", metavar="NAME", rich_help_panel=PROTOCOL
    ),
]
Repeats = Annotated[int | None, counted("Times that the folds are drawn anew.")]
Folds = Annotated[int | None, counted("Folds.")]
Epochs = Annotated[int | None, counted("Epochs.")]
BatchSize = Annotated[int, typer.Option(help="Samples in a batch.", rich_help_panel=PROTOCOL)]
CentreHead = Annotated[
    bool,
    typer.Option(
        help="Start the head where the mean prediction is the mean label.",
        rich_help_panel=PROTOCOL,
    ),
]
Seed = Annotated[
    int, typer.Option(help="Of splits, folds, weights and shuffling.", rich_help_panel=PROTOCOL)
]
Workers = Annotated[
    int,
    typer.Option(
        help="Processes of one thread each; 0 for all cores.", min=0, rich_help_panel=WORK
    ),
]
Scheduler = Annotated[
    Text,
    typer.Option(
        help="Dask scheduler to run on instead, or local:N.",
        metavar="ADDRESS",
        rich_help_panel=WORK,
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the study in --output.")]
