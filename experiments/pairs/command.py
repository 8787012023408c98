"""``qkdrp experiment`` pairs-cv, pairs-size and the other studies of pairs."""

from functools import partial

import typer

from qkdrp.experiments.pairs.catalogue import STUDIES
from qkdrp.experiments.pairs.options import options_of, study_config
from qkdrp.experiments.study.study_command import StudyCommand


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add a command for each study, and for its plan."""
    for name, study in STUDIES.items():
        StudyCommand(
            name,
            study.help,
            options_of(name),
            partial(study_config, name),
            plan="qkdrp.experiments.pairs.plan:PairPlan",
            report="qkdrp.experiments.pairs.report:PairReport",
            costs="qkdrp.experiments.pairs.costs:costs_of_networks",
        ).register(app, plans)
