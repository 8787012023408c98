"""The optimiser of every training."""

from typing import Any

import torch
from torch import nn

from qkdrp.training.config import FitConfig
from qkdrp.training.optimiser_names import OPTIMISERS
from qkdrp.training.task import FitTask


def optimiser_of(model: nn.Module, task: FitTask, config: FitConfig) -> torch.optim.Optimizer:
    """Return the optimiser of a model.

    Args:
        model: The model to train.
        task: Gives the parameter groups, which may have learning rates of their own.
        config: Names the optimiser, and gives the learning rate of the others.
    """
    named = OPTIMISERS[config.optimizer]
    kind: Any = getattr(torch.optim, named.torch_name)  # optimisers differ in their arguments
    made: torch.optim.Optimizer = kind(
        task.parameter_groups(model, config), lr=config.lr, **named.arguments
    )
    return made
