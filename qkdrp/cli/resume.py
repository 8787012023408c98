"""Options of ``qkdrp train`` that resume a training."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.common.errors import ConfigError

_PANEL = "Resuming"

Resume = Annotated[
    Path | None,
    typer.Option(
        help="Go on with a training that was killed or interrupted, in its run folder.",
        metavar="RUN",
        rich_help_panel=_PANEL,
    ),
]
CheckpointEvery = Annotated[
    float,
    typer.Option(
        help="Seconds between two checkpoints; 0 for one after every batch.",
        min=0,
        rich_help_panel=_PANEL,
    ),
]

ALLOWED = frozenset({"resume", "checkpoint_every"})
"""Options that go with ``--resume``; the others are those of the run."""


def given_options(context: typer.Context) -> set[str]:
    """Return the names of the options that stand on the command line."""
    sources = {
        str(each.name): context.get_parameter_source(str(each.name))
        for each in context.command.params
    }
    return {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}


def refuse_other_options(context: typer.Context) -> None:
    """Raise a :class:`ConfigError` for options that a resumed training does not take."""
    given = given_options(context)
    for parameter in context.command.params:
        if parameter.name in given - ALLOWED:
            raise ConfigError(
                f"{parameter.opts[0]} does not go with --resume: the settings are those of the run."
            )
