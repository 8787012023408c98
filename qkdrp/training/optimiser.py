"""The optimiser of every training: Adam."""

import torch
from torch import nn

from qkdrp.training.config import FitConfig
from qkdrp.training.task import FitTask


def optimiser_of(model: nn.Module, task: FitTask, config: FitConfig) -> torch.optim.Optimizer:
    """Return Adam for a model.

    Args:
        model: The model to train.
        task: Gives the parameter groups, which may have learning rates of their own.
        config: Gives the learning rate of the others.
    """
    return torch.optim.Adam(task.parameter_groups(model, config), lr=config.lr, fused=True)
