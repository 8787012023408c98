"""The optimiser of every training."""

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
    kind: type[torch.optim.Optimizer] = getattr(torch.optim, named.torch_name)
    return kind(task.parameter_groups(model, config), lr=config.lr, **named.arguments)
