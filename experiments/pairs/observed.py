"""The test error by epoch: recorded to see how steady a training is, never to choose an epoch."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from qkdrp.training.config import FitConfig
from qkdrp.training.epoch import Epoch
from qkdrp.training.loop import predict
from qkdrp.training.monitor import Monitor
from qkdrp.training.rows import Rows
from qkdrp.training.task import FitTask, OnPreparing, untold

TEST_MSE = "test_mse"
"""Name of the test error in the history."""


class ErrorCurve:
    """Records the test error beside the scores of a fit task; changes no training.

    The model's spreads are then those of the test rows.

    Args:
        test: Rows of the test.
        every: Epochs between two looks at the test.
    """

    def __init__(self, test: Rows, every: int) -> None:
        self.test, self.every, self.done = test, every, 0

    def count(self, epoch: Epoch) -> None:
        """Take note of an epoch that is over; of those before a training was resumed, too."""
        self.done = epoch.epoch

    def observe(self, model: nn.Module, task: FitTask) -> "ObservedTask":
        """Return a fit task that records the error of a model."""
        return ObservedTask(self, model, task)

    def scores(self, model: nn.Module, task: FitTask) -> Mapping[str, float]:
        """Return the test error, after epochs in which it is looked at."""
        if (self.done + 1) % self.every:
            return {}
        inputs, target = self.test.batch(slice(None))
        return {TEST_MSE: float(task.loss(predict(model, *inputs), target))}


class ObservedTask:
    """A fit task like another, that records the test error.

    Args:
        curve: Records it.
        model: The model that is trained.
        task: The other.
    """

    def __init__(self, curve: ErrorCurve, model: nn.Module, task: FitTask) -> None:
        self.curve, self.model, self.task = curve, model, task

    @property
    def monitor(self) -> Monitor:
        """The score that decides which epoch is the best: the other task's."""
        return self.task.monitor

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the other task's loss."""
        return self.task.loss(prediction, target)

    def parameter_groups(self, model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:
        """Return the other task's groups."""
        return self.task.parameter_groups(model, config)

    def before_training(
        self, model: nn.Module, train: Rows, config: FitConfig, told: OnPreparing = untold
    ) -> None:
        """Prepare the model as the other task does."""
        self.task.before_training(model, train, config, told)

    def watched(self, model: nn.Module) -> nn.Module:
        """Return what the other task watches."""
        return self.task.watched(model)

    def measure(self, prediction: torch.Tensor, rows: Rows) -> Mapping[str, float]:
        """Return the other task's scores, and now and then the test error."""
        found = self.task.measure(prediction, rows)
        return {**found, **self.curve.scores(self.model, self.task)}

    def check_validation(self, rows: Rows) -> None:
        """Check rows as the other task does."""
        self.task.check_validation(rows)
