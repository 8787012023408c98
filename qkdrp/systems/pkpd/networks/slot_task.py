"""How regressors on features are trained: the squared error of all observations."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from qkdrp.training.config import FitConfig
from qkdrp.training.rows import Rows
from qkdrp.training.task import RegressionTask


class SlotTask(RegressionTask):
    """Mean squared error over the slots that hold a value.

    Args:
        seed: Of torch's global generator, which dropout draws from.
        weight_decay: Of the optimiser; None for its own.
    """

    def __init__(self, seed: int, weight_decay: float | None = None) -> None:
        self.seed, self.weight_decay = seed, weight_decay

    def parameter_groups(self, model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:
        """Return one group of all parameters, with its weight decay."""
        groups = super().parameter_groups(model, config)
        if self.weight_decay is None:
            return groups
        return [{**group, "weight_decay": self.weight_decay} for group in groups]

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the mean squared error of the slots with a value; 0 where there is none."""
        there = ~torch.isnan(target)
        errors = (prediction - torch.where(there, target, prediction.detach())).square()
        return errors.sum() / there.sum().clamp(min=1)

    def before_training(self, model: nn.Module, train: Rows, config: FitConfig) -> None:  # noqa: ARG002
        """Seed dropout."""
        torch.manual_seed(self.seed)

    def measure(self, prediction: torch.Tensor, rows: Rows) -> Mapping[str, float]:  # noqa: ARG002
        """Return no scores beside the loss."""
        return {}
