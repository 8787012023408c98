"""Options that several commands share, and how their values are read."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.backends.registry import BACKENDS
from qkdrp.common.angles import parse_angle
from qkdrp.common.errors import ConfigError


def read_angle(text: str | float) -> float:
    """Read an angle for an option.

    Raises:
        typer.BadParameter: If it is none.
    """
    try:
        return parse_angle(text)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error


def parse_names(text: str) -> list[str]:
    """Read names with commas between; none where the text is empty."""
    return [name.strip() for name in text.split(",") if name.strip()]


def parse_whole_numbers(option: str, text: str) -> list[int]:
    """Read whole numbers with commas between.

    Raises:
        typer.BadParameter: If one is none.
    """
    names = parse_names(text)
    if not names or not all(name.isdecimal() for name in names):
        raise typer.BadParameter(
            f"{option} {text!r}: expected whole numbers with commas between, such as 1,2,3."
        )
    return [int(name) for name in names]


DATA = "Data"
"""Panel of the options that say what is learned from."""

Backend = Annotated[
    str, typer.Option(help=f"Where circuits run: {', '.join(BACKENDS)}.", metavar="NAME")
]
Threads = Annotated[int, typer.Option(help="Threads; 0 for all cores.", min=0)]
Output = Annotated[Path | None, typer.Option(help="A new folder for the results.")]

HARDWARE = "Hardware (ibm_runtime)"
"""Panel of the options of hardware."""

NOISE = "Noise (aer_noisy)"
"""Panel of the options of noise."""
