"""The interface through which a system gives the fit loop its loss, learning rates and scores."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import torch
from torch import nn

from qkdrp.training.config import FitConfig
from qkdrp.training.monitor import BY_LOSS, Monitor
from qkdrp.training.rows import Rows

OnPreparing: TypeAlias = Callable[[str], None]
"""Called with the name of what begins before the first epoch, for work of some length."""


def untold(_: str) -> None:
    """Tell nobody what begins."""


class FitTask(Protocol):
    """The interface that the fit loop asks for loss, learning rates and scores."""

    @property
    def monitor(self) -> Monitor:
        """The score that decides which epoch is the best."""

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return what is minimised, the mean over a batch, as a tensor of one number."""

    def parameter_groups(self, model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:
        """Return torch's parameter groups; a group without ``lr`` has that of the settings."""

    def before_training(
        self, model: nn.Module, train: Rows, config: FitConfig, told: OnPreparing = untold
    ) -> None:
        """Prepare a fresh model; not called where a training is resumed.

        Args:
            model: The model.
            train: Training rows.
            config: How it is trained.
            told: Called with the name of what begins.
        """

    def watched(self, model: nn.Module) -> nn.Module:
        """Return what predicts rows that are scored while training: the model, or a part of it."""

    def measure(self, prediction: torch.Tensor, rows: Rows) -> Mapping[str, float]:
        """Return validation scores by name; where the monitored one is missing, the last counts."""

    def check_validation(self, rows: Rows) -> None:
        """Raise a :class:`~qkdrp.common.errors.ConfigError` for rows that cannot be scored."""


class RegressionTask:
    """Mean squared error, one learning rate, early stopping on the validation loss.

    A :class:`FitTask` to start from: a system overrides what it does otherwise.
    """

    monitor: Monitor = BY_LOSS

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the mean squared error."""
        return nn.functional.mse_loss(prediction, target)

    def parameter_groups(self, model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:  # noqa: ARG002
        """Return one group of all parameters."""
        return [{"params": list(model.parameters())}]

    def before_training(
        self, model: nn.Module, train: Rows, config: FitConfig, told: OnPreparing = untold
    ) -> None:
        """Leave a fresh model as it is."""

    def watched(self, model: nn.Module) -> nn.Module:
        """Return the model."""
        return model

    def measure(self, prediction: torch.Tensor, rows: Rows) -> Mapping[str, float]:  # noqa: ARG002
        """Return no scores beside the loss."""
        return {}

    def check_validation(self, rows: Rows) -> None:
        """Take any rows."""
