"""``qkdrp experiment pkpd-cv``."""

from qkdrp.experiments.pkpd.cv.options import OPTIONS, cv_config
from qkdrp.experiments.study.study_command import StudyCommand

COMMAND = StudyCommand(
    "pkpd-cv",
    "Time courses: one subject of each dose left out, all models beside the mean of dose, time.",
    OPTIONS,
    cv_config,
    plan="qkdrp.experiments.pkpd.cv.plan:CvPlan",
    report="qkdrp.experiments.pkpd.cv.report:CvReport",
    costs="qkdrp.experiments.pkpd.cv.costs:costs_of_variants",
)
"""The command."""

register = COMMAND.register
"""Adds the command, and its plan."""
