"""Options that several commands share, and how their values are read."""

import math
import re
from pathlib import Path
from typing import Annotated

import typer

from qkdrp.backends.registry import BACKENDS

_NUMBER = r"(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
_ANGLE = re.compile(rf"{_NUMBER}?\s*\*?\s*(?P<pi>pi)?\s*(?:/\s*(?P<divisor>\d+\.?\d*))?")


def parse_angle(text: str | float) -> float:
    """Read an angle in radians: ``1.57``, ``pi``, ``pi/2``, ``3pi/4`` or ``2*pi``.

    Raises:
        typer.BadParameter: If it is none of these.
    """
    match = _ANGLE.fullmatch(str(text).strip().lower())
    number, pi, divisor = match.group("number", "pi", "divisor") if match else (None, None, None)
    if (number is None and pi is None) or (divisor is not None and float(divisor) == 0):
        raise typer.BadParameter(f"found {text!r}, expected radians such as 1.57, pi/2 or 3pi/4.")
    return float(number or 1.0) * (math.pi if pi else 1.0) / float(divisor or 1.0)


DATA = "Data"
"""Panel of the options that say what is learned from."""

Partner = Annotated[
    str | None,
    typer.Option(help="Homogenised copy of MOLI's archive: TCGA or PDX.", rich_help_panel=DATA),
]
ZScore = Annotated[
    bool | None,
    typer.Option(
        help="Standardise genes; by default unless they come standardised.", rich_help_panel=DATA
    ),
]
VarianceThreshold = Annotated[
    float, typer.Option(help="Keep genes above this training variance.", rich_help_panel=DATA)
]
StratifyTest = Annotated[
    bool, typer.Option(help="Stratify the test split, too.", rich_help_panel=DATA)
]
Source = Annotated[
    str, typer.Option("--data", help="'synthetic', or your data folder.", metavar="FOLDER")
]
Backend = Annotated[
    str, typer.Option(help=f"Where circuits run: {', '.join(BACKENDS)}.", metavar="NAME")
]
Threads = Annotated[int, typer.Option(help="Threads; 0 for all cores.", min=0)]
Output = Annotated[Path | None, typer.Option(help="A new folder for the results.")]
