"""The options of ``qkdrp experiment pkpd-doses``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Runs = Annotated[
    list[Path], typer.Argument(help="Run folders of train-pkpd, of one trial.", metavar="RUN...")
]
Target = Annotated[float, typer.Option(help="What the biomarker must keep to, in its unit.")]
Side = Annotated[Literal["below", "above"], typer.Option(help="On which side of it.")]
Fractions = Annotated[
    str, typer.Option(help="Shares of subjects in which it must.", metavar="SHARE,...")
]
Schedules = Annotated[
    list[str] | None,
    typer.Option(
        help="Hours between doses and step of doses in mg; again for more. Left out: 24:0.5 "
        "and 168:5.",
        metavar="HOURS:STEP",
    ),
]
Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        help="A population, as in qkdrp dose --population, beside that of the trial; again for "
        "more. Left out: 'BW 70-140: bw=uniform:70,140' and 'no COMED: comed=0'.",
        metavar="NAME:WORDS",
    ),
]
Subjects = Annotated[int, typer.Option(help="Virtual subjects.", min=1)]
Seed = Annotated[int, typer.Option(help="Of the virtual subjects.", min=0)]
Folder = Annotated[Path, typer.Option(help="A new folder for the results.")]
