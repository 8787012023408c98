"""``qkdrp experiment`` pairs-cv, pairs-size and the other studies of pairs."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from qkdrp.experiments.pairs.catalogue import STUDIES
from qkdrp.experiments.pairs.options import options_of, study_config
from qkdrp.experiments.study.options import command_of

if TYPE_CHECKING:
    from qkdrp.experiments.pairs.plan import PairPlan


def open_plan(name: str, given: Mapping[str, Any]) -> "PairPlan":
    """Return the plan of a study as the options say, telling what takes time."""
    config = study_config(name, given)
    from qkdrp.cli.console import console
    from qkdrp.experiments.pairs.plan import PairPlan
    from qkdrp.experiments.study.steps import StepProgress

    with StepProgress(console(stderr=True)) as progress:
        return PairPlan.open(config, progress.tell)


def run(name: str, given: Mapping[str, Any]) -> None:
    """Run a study and write its report."""
    plan = open_plan(name, given)
    from qkdrp.experiments.pairs.report import PairReport
    from qkdrp.experiments.study.conduct import conduct_as_told

    conduct_as_told(plan, PairReport(plan), given)


def show_plan(name: str, given: Mapping[str, Any]) -> None:
    """Print what a study would train, and for how long."""
    plan = open_plan(name, given)
    from qkdrp.experiments.pairs.costs import costs_of_networks
    from qkdrp.experiments.study.estimate import show_estimate

    show_estimate(lambda on_trial: costs_of_networks(plan, on_trial), given["workers"])


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add a command for each study, and for its plan."""
    for name, study in STUDIES.items():
        for where, verb in ((app, run), (plans, show_plan)):
            where.command(name, help=study.help)(command_of(options_of(name), partial(verb, name)))
