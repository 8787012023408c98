"""``qkdrp experiment external``."""

from qkdrp.experiments.external.options import OPTIONS, external_config
from qkdrp.experiments.study.study_command import StudyCommand

COMMAND = StudyCommand(
    "external",
    "Models and alignments on cohorts of other origin, which no training saw.",
    OPTIONS,
    external_config,
    plan="qkdrp.experiments.external.plan:ExternalPlan",
    report="qkdrp.experiments.external.report:ExternalReport",
    costs="qkdrp.experiments.external.costs:costs_of_models",
)
"""The command."""

register = COMMAND.register
"""Adds the command, and its plan."""
