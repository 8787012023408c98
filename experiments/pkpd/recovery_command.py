"""``qkdrp experiment pkpd-recovery``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.pkpd.recovery_config import NAME, RecoveryConfig
from qkdrp.experiments.study.options import Work, check_work, command_of, given_of

if TYPE_CHECKING:
    from qkdrp.experiments.pkpd.recovery_plan import RecoveryPlan

HELP = "Trials simulated from known models: are their doses found, and do intervals hold them?"
"""What the study does, in one line."""

OPTIONS = (Section(RecoveryConfig, without=("study",)), Section(Work))
"""Options of the study."""


def open_plan(given: Mapping[str, Any]) -> "RecoveryPlan":
    """Return the plan of the study as the options say."""
    config = RecoveryConfig.make(**given_of(RecoveryConfig, given))
    check_work(Work.among(given))
    from qkdrp.experiments.pkpd.recovery_plan import RecoveryPlan

    return RecoveryPlan(config)


def run(given: Mapping[str, Any]) -> None:
    """Run the study and write its report."""
    plan = open_plan(given)
    from qkdrp.experiments.pkpd.recovery_report import RecoveryReport
    from qkdrp.experiments.study.conduct import conduct_as_told

    conduct_as_told(plan, RecoveryReport(plan), given)


def show_plan(given: Mapping[str, Any]) -> None:
    """Print how many trials the study would fit, and for how long."""
    plan = open_plan(given)
    from qkdrp.experiments.pkpd.recovery_costs import costs_of_truths
    from qkdrp.experiments.study.estimate import show_estimate

    show_estimate(lambda on_trial: costs_of_truths(plan, on_trial), given["workers"])


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add the command, and its plan."""
    app.command(NAME, help=HELP)(command_of(OPTIONS, run))
    plans.command(NAME, help=HELP)(command_of(OPTIONS, show_plan))
