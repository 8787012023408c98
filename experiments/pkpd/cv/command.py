"""``qkdrp experiment pkpd-cv``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from qkdrp.experiments.pkpd.cv.options import OPTIONS, cv_config
from qkdrp.experiments.study.options import command_of

if TYPE_CHECKING:
    from qkdrp.experiments.pkpd.cv.plan import CvPlan

NAME = "pkpd-cv"
"""Of the command."""

HELP = "Time courses: one subject of each dose left out, all models beside the mean of dose, time."
"""What the study does, in one line."""


def open_plan(given: Mapping[str, Any]) -> "CvPlan":
    """Return the plan of the study as the options say, telling what takes time."""
    config = cv_config(given)
    from qkdrp.cli.console import console
    from qkdrp.experiments.pkpd.cv.plan import CvPlan
    from qkdrp.experiments.study.steps import StepProgress

    with StepProgress(console(stderr=True)) as progress:
        return CvPlan.open(config, progress.tell)


def run(given: Mapping[str, Any]) -> None:
    """Run the study and write its report."""
    plan = open_plan(given)
    from qkdrp.experiments.pkpd.cv.report import CvReport
    from qkdrp.experiments.study.conduct import conduct_as_told

    conduct_as_told(plan, CvReport(plan), given)


def show_plan(given: Mapping[str, Any]) -> None:
    """Print what the study would train, and for how long."""
    plan = open_plan(given)
    from qkdrp.experiments.pkpd.cv.costs import costs_of_variants
    from qkdrp.experiments.study.estimate import show_estimate

    show_estimate(lambda on_trial: costs_of_variants(plan, on_trial), given["workers"])


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add the command, and its plan."""
    app.command(NAME, help=HELP)(command_of(OPTIONS, run))
    plans.command(NAME, help=HELP)(command_of(OPTIONS, show_plan))
