"""``qkdrp train-pkpd``."""

from qkdrp.cli.train_command import train_command
from qkdrp.systems.pkpd.config import PkpdConfig

train_pkpd = train_command(
    PkpdConfig,
    "Train a model on a trial with doses, concentrations and a biomarker, and write a run.",
    without=("centre_head",),
)
"""The command."""
