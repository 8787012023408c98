"""A trained model with all that it was trained with."""

from dataclasses import dataclass
from typing import Generic

from torch import nn

from qkdrp.common.brief import Brief
from qkdrp.training.epoch import Fit
from qkdrp.training.run_config import ConfigT
from qkdrp.training.split import Split
from qkdrp.training.stored_state import PreprocessorT


@dataclass(frozen=True, eq=False, repr=False)
class Trained(Brief, Generic[ConfigT, PreprocessorT]):
    """A trained model on a backend, with all that it was trained with.

    Args:
        config: Its settings.
        split: Which rows were for what.
        preprocessor: What was fitted on the training rows.
        model: The model, with the weights of its best epoch.
        fit: The course of the training; None for a model that was loaded.
    """

    config: ConfigT
    split: Split
    preprocessor: PreprocessorT
    model: nn.Module
    fit: Fit | None
