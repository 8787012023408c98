"""``qkdrp experiment pkpd-noise``."""

from qkdrp.experiments.pkpd.noise.options import OPTIONS, noise_config
from qkdrp.experiments.study.study_command import StudyCommand

COMMAND = StudyCommand(
    "pkpd-noise",
    "Time courses: what noise on circuits does to errors and to the chosen dose.",
    OPTIONS,
    noise_config,
    plan="qkdrp.experiments.pkpd.noise.plan:NoisePlan",
    report="qkdrp.experiments.pkpd.noise.report:NoiseReport",
    costs="qkdrp.experiments.pkpd.noise.costs:costs_of_models",
)
"""The command."""

register = COMMAND.register
"""Adds the command, and its plan."""
