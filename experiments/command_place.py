"""Where ``qkdrp experiment`` is: read by the help of ``qkdrp``, so it imports no study."""

from qkdrp.cli.command_table import CommandPlace

EXPERIMENT = CommandPlace(
    "qkdrp.experiments.commands:app", "Studies: the paper's protocol, tables and figures."
)
"""The command; an entry point of ``qkdrp.commands``."""
