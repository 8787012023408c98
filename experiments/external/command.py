"""``qkdrp experiment external``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from qkdrp.experiments.external.options import OPTIONS, external_config
from qkdrp.experiments.study.options import command_of

if TYPE_CHECKING:
    from qkdrp.experiments.external.plan import ExternalPlan

NAME = "external"
"""Of the command."""

HELP = "Models and alignments on cohorts of other origin, which no training saw."
"""What the study does, in one line."""


def open_plan(given: Mapping[str, Any]) -> "ExternalPlan":
    """Return the plan of the study as the options say, telling what takes time."""
    from qkdrp.cli.console import console
    from qkdrp.experiments.external.plan import ExternalPlan
    from qkdrp.experiments.study.steps import StepProgress

    config = external_config(given)
    with StepProgress(console(stderr=True)) as progress:
        return ExternalPlan.open(config, progress.tell)


def run(given: Mapping[str, Any]) -> None:
    """Run the study and write its report."""
    from qkdrp.experiments.external.report import ExternalReport
    from qkdrp.experiments.study.conduct import conduct_as_told

    plan = open_plan(given)
    conduct_as_told(plan, ExternalReport(plan), given)


def show_plan(given: Mapping[str, Any]) -> None:
    """Print what the study would train, and for how long."""
    from qkdrp.experiments.external.costs import costs_of_models
    from qkdrp.experiments.study.estimate import show_estimate

    plan = open_plan(given)
    show_estimate(lambda on_trial: costs_of_models(plan, on_trial), given["workers"])


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add the command, and its plan."""
    app.command(NAME, help=HELP)(command_of(OPTIONS, run))
    plans.command(NAME, help=HELP)(command_of(OPTIONS, show_plan))
