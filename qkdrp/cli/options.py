"""Options that several commands share, and how their values are read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

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

Partner = Annotated[
    str | None,
    typer.Option(help="Homogenised copy of MOLI's archive: TCGA or PDX.", rich_help_panel=DATA),
]
Decimal = Annotated[
    str | None,
    typer.Option(
        help="What separates fractions in text tables: point or comma. [default: told from cells]",
        metavar="NAME",
        rich_help_panel=DATA,
    ),
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

_NOISE = "Noise (aer_noisy)"
Noise = Annotated[
    str | None,
    typer.Option(
        help="A fake device such as fake_torino (the default), 'depolarizing:p1=1e-3,p2=1e-2,"
        "readout=0.02', or a file with a noise model of Aer as JSON.",
        metavar="SOURCE",
        rich_help_panel=_NOISE,
    ),
]
NoiseScale = Annotated[
    float | None,
    typer.Option(
        help="Multiply every error probability; gate durations, too, for relaxation. [default: 1]",
        rich_help_panel=_NOISE,
    ),
]
NoiseParts = Annotated[
    str | None,
    typer.Option(
        help="Which of gates,relaxation,readout are on. [default: all that the source has]",
        metavar="PARTS",
        rich_help_panel=_NOISE,
    ),
]
Shots = Annotated[
    int | None,
    typer.Option(
        help="Shots of each evaluation; 0 for infinitely many. [default: 0]",
        rich_help_panel=_NOISE,
    ),
]
Method = Annotated[
    str | None,
    typer.Option(
        help="density_matrix, trajectories, or auto: density matrices up to 10 qubits. "
        "[default: auto]",
        metavar="NAME",
        rich_help_panel=_NOISE,
    ),
]
Trajectories = Annotated[
    int | None,
    typer.Option(
        help="Trajectories of each evaluation without density matrix or shots. [default: 1024]",
        rich_help_panel=_NOISE,
    ),
]
Gradient = Annotated[
    str | None,
    typer.Option(
        help="Gradient of noisy values: shift or spsa. [default: shift]",
        metavar="NAME",
        rich_help_panel=_NOISE,
    ),
]
TrainNoise = Annotated[
    bool | None,
    typer.Option(
        "--train-noise",
        help="Train with random Pauli errors instead of gradients of noisy values.",
        rich_help_panel=_NOISE,
    ),
]
TrainTrajectories = Annotated[
    int | None,
    typer.Option(
        help="Random errors averaged for each sample of a batch. [default: 1]",
        rich_help_panel=_NOISE,
    ),
]

NOISE_OPTIONS = (
    "noise",
    "noise_scale",
    "noise_parts",
    "shots",
    "method",
    "trajectories",
    "gradient",
    "train_noise",
    "train_trajectories",
)
"""Options that go to the backend where they are given."""


def noise_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a command's options that go to the backend."""
    return {name: given[name] for name in NOISE_OPTIONS if given.get(name) is not None}
