"""What a system tells the fit loop."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import nn

from qkdrp.training.rows import Rows


class FitTask(Protocol):
    """Loss, metrics and the like of a training."""

    monitor: str | None
    """Name of the metric whose largest value marks the best epoch; None for the last epoch."""

    def loss(self, prediction: torch.Tensor, target: torch.Tensor, /) -> torch.Tensor:
        """Return what training makes small, a scalar."""

    def parameter_groups(self, model: nn.Module, /) -> list[dict[str, Any]]:
        """Return groups of parameters for the optimiser, with rates of their own if wanted."""

    def before_training(self, model: nn.Module, rows: Rows, /) -> None:
        """Prepare a fresh model, such as centring its head."""

    def measure(self, prediction: torch.Tensor, rows: Rows, /) -> Mapping[str, float]:
        """Return metrics of validation rows by name."""

    def check_validation(self, rows: Rows, /) -> None:
        """Refuse validation rows that metrics cannot be made of."""
