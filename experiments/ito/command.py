"""``qkdrp experiment`` cv, grid, table1, table2, table3, figure3 and curves."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.ito.catalogue import STUDIES
from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.experiments.ito.options import (
    DATA_OPTIONS,
    FINAL_FIELDS,
    PROTOCOL_FIELDS,
    TRIED_FIELDS,
    Preset,
    study_config,
)
from qkdrp.experiments.study.options import Work, command_of

if TYPE_CHECKING:
    from qkdrp.experiments.ito.plan import ItoPlan

OPTIONS = (
    DATA_OPTIONS,
    Section(StudyConfig, only=TRIED_FIELDS),
    Section(Preset),
    Section(StudyConfig, only=(*PROTOCOL_FIELDS, *FINAL_FIELDS)),
    Section(Work),
)
"""Options of all studies of the paper's protocol."""


def open_plan(name: str, given: Mapping[str, Any]) -> "ItoPlan":
    """Return the plan of a study as the options say, telling what takes time.

    Args:
        name: Of the study.
        given: The options.
    """
    defaults = STUDIES[name].defaults(given["preset"])
    config = study_config(StudyConfig, given, defaults, study=name)
    from qkdrp.cli.console import console
    from qkdrp.experiments.ito.plan import ItoPlan
    from qkdrp.experiments.study.steps import StepProgress

    with StepProgress(console(stderr=True)) as progress:
        return ItoPlan.open(config, progress.tell)


def run(name: str, given: Mapping[str, Any]) -> None:
    """Run a study and write its report."""
    plan = open_plan(name, given)
    from qkdrp.experiments.ito.report import ItoReport
    from qkdrp.experiments.study.conduct import conduct_as_told

    conduct_as_told(plan, ItoReport(plan), given)


def show_plan(name: str, given: Mapping[str, Any]) -> None:
    """Print what a study would train, and for how long."""
    plan = open_plan(name, given)
    from qkdrp.experiments.ito.costs import costs_of_models
    from qkdrp.experiments.study.estimate import show_estimate

    show_estimate(lambda on_trial: costs_of_models(plan, on_trial), given["workers"])


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add a command for each study, and for its plan."""
    for name, study in STUDIES.items():
        for where, verb in ((app, run), (plans, show_plan)):
            where.command(name, help=study.help)(command_of(OPTIONS, partial(verb, name)))
