"""``qkdrp experiment`` cv, grid, table1, table2, table3, figure3 and curves."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import typer

from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.ito.catalogue import PRESETS, STUDIES
from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.experiments.ito.options import (
    DATA_OPTIONS,
    FINAL_FIELDS,
    PROTOCOL_FIELDS,
    TRIED_FIELDS,
    study_config,
)
from qkdrp.experiments.study.options import Work
from qkdrp.experiments.study.study_command import StudyCommand

OPTIONS = (
    DATA_OPTIONS,
    Section(StudyConfig, only=TRIED_FIELDS),
    PRESETS.section(),
    Section(StudyConfig, only=(*PROTOCOL_FIELDS, *FINAL_FIELDS)),
    Section(Work),
)
"""Options of all studies of the paper's protocol."""


def settings_of(name: str, given: Mapping[str, Any]) -> StudyConfig:
    """Return the settings of a study from its options.

    Args:
        name: Of the study.
        given: The options.
    """
    defaults = STUDIES[name].defaults(given["preset"])
    return study_config(StudyConfig, given, defaults, study=name)


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add a command for each study, and for its plan."""
    for name, study in STUDIES.items():
        StudyCommand(
            name,
            study.help,
            OPTIONS,
            partial(settings_of, name),
            plan="qkdrp.experiments.ito.plan:ItoPlan",
            report="qkdrp.experiments.ito.report:ItoReport",
            costs="qkdrp.experiments.ito.costs:costs_of_models",
        ).register(app, plans)
