"""Options of ``qkdrp train`` for a model that trains on all rows."""

from typing import Annotated, Any

import typer

from qkdrp.cli.options_from_models import option
from qkdrp.common.errors import ConfigError
from qkdrp.training.config import FinalConfig

_PANEL = "All rows"

Final = Annotated[
    bool,
    typer.Option(
        "--final",
        help="Train on all rows, without a test part: the model to predict new samples with. Its "
        "number of epochs is found by cross-validation, or is --epochs where that is given.",
        rich_help_panel=_PANEL,
    ),
]
Folds = Annotated[int | None, option(FinalConfig, "folds", _PANEL)]


def final_settings(final: bool, folds: int | None, context: typer.Context) -> dict[str, Any] | None:
    """Return the section ``final`` of the settings; None for a training with a test part.

    Args:
        final: Whether all rows train.
        folds: As given; None where it was not.
        context: Tells whether ``--epochs`` was given.

    Raises:
        ConfigError: If folds are given for a training with a test part.
    """
    if not final:
        if folds is not None:
            raise ConfigError(
                f"--folds {folds}: is of --final; qkdrp experiment cv cross-validates models."
            )
        return None
    source = context.get_parameter_source("epochs")
    fixed = source is not None and source.name == "COMMANDLINE"
    if folds is None:
        folds = 0 if fixed else FinalConfig.model_fields["folds"].default
    return {"folds": folds, "fixed_epochs": fixed}
