"""A trained model with all that it was trained with."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from qkdrp.training.loop import Fit
from qkdrp.training.run_config import RunConfig
from qkdrp.training.split import Split


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model on a backend, with all that it was trained with.

    Args:
        config: Its settings.
        split: Which rows were for what.
        preprocessor: What was fitted on the training rows, of the system's own type.
        model: The model, with the weights of its best epoch.
        fit: The course of the training; None for a model that was loaded.
    """

    config: RunConfig
    split: Split
    preprocessor: Any
    model: nn.Module
    fit: Fit | None
