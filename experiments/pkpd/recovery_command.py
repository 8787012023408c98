"""``qkdrp experiment pkpd-recovery``."""

from collections.abc import Mapping
from typing import Any

import typer

from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.pkpd.recovery_config import NAME, RecoveryConfig
from qkdrp.experiments.study.options import Work, check_work, command_of, given_of

HELP = "Trials simulated from known models: are their doses found, and do intervals hold them?"
"""What the study does, in one line."""

OPTIONS = (Section(RecoveryConfig, without=("study",)), Section(Work))
"""Options of the study."""


def run(given: Mapping[str, Any]) -> None:
    """Run the study and write its report."""
    config = RecoveryConfig.make(**given_of(RecoveryConfig, given))
    check_work(Work.among(given))
    from qkdrp.experiments.pkpd.recovery_plan import RecoveryPlan
    from qkdrp.experiments.pkpd.recovery_report import RecoveryReport
    from qkdrp.experiments.study.conduct import conduct_as_told

    plan = RecoveryPlan(config)
    conduct_as_told(plan, RecoveryReport(plan), given)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(NAME, help=HELP)(command_of(OPTIONS, run))
