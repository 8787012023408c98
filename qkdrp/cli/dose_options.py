"""The options of ``qkdrp dose``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

N_SUBJECTS = 16384
"""Virtual subjects where nothing else is asked for."""

Run = Annotated[Path, typer.Argument(help="A run folder of train-pkpd.", metavar="RUN")]
More = Annotated[
    list[str] | None, typer.Argument(help="More words of --population.", metavar="NAME=VALUES")
]
Target = Annotated[
    float, typer.Option(help="What the biomarker must keep to, in its unit.", metavar="VALUE")
]
Fraction = Annotated[float, typer.Option(help="Share of subjects in which it must, 0 to 1.")]
Interval = Annotated[float, typer.Option(help="Time between doses.", metavar="HOURS")]
Grid = Annotated[
    float | None,
    typer.Option(
        help="Step of doses.",
        metavar="MG",
        show_default="half of the trial's smallest dose, rounded down to 1, 2 or 5; estdata: 0.5",
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Option(
        "--population",
        help="Whom the dose is for: NAME=VALUES, VALUES one of uniform:LOW,HIGH normal:MEAN,SD "
        "lognormal:MEDIAN,SD share:SHARE among:A,B,... or a number; or empirical, to draw the "
        "trial's own subjects, or trial, to take each of them once. Left out: the trial's range "
        "of weights and shares.",
        metavar="NAME=VALUES",
    ),
]
Side = Annotated[
    Literal["below", "above"],
    typer.Option("--direction", help="On which side of the target it must stay."),
]
Cmax = Annotated[
    float | None,
    typer.Option(help="A limit of concentration: tell the share above it.", metavar="MG/L"),
]
Noise = Annotated[
    bool, typer.Option("--noise/--no-noise", help="Ask it of measured values, not of true ones.")
]
Loading = Annotated[
    bool, typer.Option("--loading", help="Also: loading dose and time to steady state.")
]
Subjects = Annotated[int, typer.Option(help="Virtual subjects.", min=1)]
Seed = Annotated[int, typer.Option(help="Of the virtual subjects.", min=0)]
Trial = Annotated[
    str | None, typer.Option("--data", help="The run's trial, if it has moved.", metavar="FILE")
]
