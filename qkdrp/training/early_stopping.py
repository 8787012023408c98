"""Early stopping: the best epoch so far, its weights, and when to give up."""

import copy
import math

import torch
from torch import nn

from qkdrp.training.epoch import Epoch
from qkdrp.training.monitor import Monitor

Weights = dict[str, torch.Tensor]
"""A model's ``state_dict``."""


class EarlyStopping:
    """Remembers the weights of the best epoch and ends a training that no longer improves.

    Without a value of the monitored score, the last epoch counts as the best.

    Args:
        monitor: The score that decides.
        patience: Epochs without a better score before stopping; 0 never stops.

    Attributes:
        best_epoch: Number of the best epoch; 0 before the first.
        best_value: Its score; None before the first that has one.
        best_weights: Its weights; None where the last epoch counts.
    """

    def __init__(self, monitor: Monitor, patience: int) -> None:
        self.monitor, self.patience = monitor, patience
        self.best_epoch = 0
        self.best_value: float | None = None
        self.best_weights: Weights | None = None

    def record(self, epoch: Epoch, model: nn.Module) -> None:
        """Take an epoch into account, with the weights that the model holds after it."""
        value = self.monitor.value(epoch)
        if value is None:
            self.best_epoch = epoch.epoch
        elif self._is_best(value):
            weights = copy.deepcopy(model.state_dict())
            self.best_epoch, self.best_value, self.best_weights = epoch.epoch, value, weights

    def _is_best(self, value: float) -> bool:
        if self.best_value is None:
            return not math.isnan(value)
        return self.monitor.is_better(value, self.best_value)

    def is_over(self, n_epochs: int) -> bool:
        """Tell whether training ends after so many epochs."""
        return 0 < self.patience <= n_epochs - self.best_epoch

    def restore_best(self, model: nn.Module) -> None:
        """Give a model the weights of the best epoch."""
        if self.best_weights is not None:
            model.load_state_dict(self.best_weights)
