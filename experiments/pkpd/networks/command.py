"""``qkdrp experiment pkpd-networks``."""

from qkdrp.experiments.pkpd.networks.options import OPTIONS, networks_config
from qkdrp.experiments.study.study_command import StudyCommand

COMMAND = StudyCommand(
    "pkpd-networks",
    "Time courses: sizes, modes and strategies of networks beside published figures; five claims.",
    OPTIONS,
    networks_config,
    plan="qkdrp.experiments.pkpd.cv.plan:CvPlan",
    report="qkdrp.experiments.pkpd.networks.report:NetworksReport",
    costs="qkdrp.experiments.pkpd.cv.costs:costs_of_variants",
)
"""The command."""

register = COMMAND.register
"""Adds the command, and its plan."""
