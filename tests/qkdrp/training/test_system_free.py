"""The fit loop with a task of no system: two endpoints, two inputs, two learning rates."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from qkdrp.training.config import FitConfig
from qkdrp.training.epoch import Epoch
from qkdrp.training.loop import fit_model
from qkdrp.training.monitor import LOSS, Direction, Monitor
from qkdrp.training.optimiser import optimiser_of
from qkdrp.training.rows import Indices, Rows
from qkdrp.training.task import RegressionTask


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(3, 2), nn.Linear(4, 2)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return self.left(left) + self.right(right)

    def trace(self) -> Mapping[str, float]:
        return {"largest": float(self.left.weight.detach().abs().max())}


class TwoRates(RegressionTask):
    """The worse of two endpoints decides; the second input learns nothing."""

    monitor = Monitor("worst_mse", Direction.LOWER)

    def parameter_groups(self, model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:
        assert isinstance(model, TwoInputs)
        return [
            {"params": model.left.parameters()},
            {"params": model.right.parameters(), "lr": 0.0},
        ]

    def measure(self, prediction: torch.Tensor, rows: Rows) -> Mapping[str, float]:
        return {"worst_mse": float((prediction - rows.target).square().mean(dim=0).max())}


def rows(n: int, seed: int) -> Rows:
    generator = torch.Generator().manual_seed(seed)
    left, right = (torch.randn(n, width, generator=generator) for width in (3, 4))
    return Rows((left, right), torch.stack([left.sum(1), right.sum(1)], dim=1))


def test_two_endpoints_with_their_own_score_and_rates() -> None:
    torch.manual_seed(0)
    model = TwoInputs()
    before = model.right.weight.detach().clone()
    config = FitConfig(epochs=5, batch_size=8, lr=0.05)
    fit = fit_model(model, rows(40, 0), rows(20, 1), config, 0, task=TwoRates())
    assert fit.best_epoch == 1 + int(np.argmin([each.metrics["worst_mse"] for each in fit.epochs]))
    assert fit.epochs[-1].train_loss < fit.epochs[0].train_loss
    torch.testing.assert_close(model.right.weight.detach(), before)
    assert fit.epochs[0].trace["largest"] != fit.epochs[1].trace["largest"]


def test_the_loss_decides_where_nothing_else_does() -> None:
    torch.manual_seed(0)
    config = FitConfig(epochs=30, batch_size=8, lr=0.5, patience=2)
    fit = fit_model(TwoInputs(), rows(40, 0), rows(20, 1), config, 0, task=RegressionTask())
    losses = [epoch.validation_loss or 0.0 for epoch in fit.epochs]
    assert RegressionTask.monitor.name == LOSS
    assert fit.best_epoch == 1 + int(np.argmin(losses))
    assert len(losses) == min(30, fit.best_epoch + 2)


def test_groups_without_a_rate_have_that_of_the_settings() -> None:
    optimiser = optimiser_of(TwoInputs(), TwoRates(), FitConfig(lr=0.3))
    assert [group["lr"] for group in optimiser.param_groups] == [0.3, 0.0]


def test_rows_may_encode_what_a_batch_shares() -> None:
    class Looked(Rows):
        def batch(self, indices: Indices) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
            table = torch.arange(15.0).reshape(5, 3)
            (number, right), target = super().batch(indices)
            return (table[number], right), target

    given = rows(20, 0)
    looked = Looked((torch.arange(20) % 5, given.inputs[1]), given.target)
    (left, right), target = looked.batch(torch.tensor([7, 1]))
    torch.testing.assert_close(left, torch.tensor([[6.0, 7.0, 8.0], [3.0, 4.0, 5.0]]))
    assert (right.shape, target.shape) == ((2, 4), (2, 2))
    config = FitConfig(epochs=1, batch_size=8)
    assert fit_model(TwoInputs(), looked, looked, config, 0, task=RegressionTask()).best_epoch == 1


def test_all_rows_are_a_view() -> None:
    given = rows(5, 0)
    (left, _), target = given.batch(slice(None))
    assert left.data_ptr() == given.inputs[0].data_ptr()
    assert target.data_ptr() == given.target.data_ptr()


def test_parts_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"parts of \[3, 4\] rows"):
        Rows((torch.zeros(3, 2),), torch.zeros(4))


def test_an_epoch_as_a_row_of_a_table() -> None:
    epoch = Epoch(2, 0.5, None, {"auc": 0.7}, {"a": 20.0}, 1.5)
    row = epoch.row(["epoch", "validation_loss", "auc", "a", "r", "seconds"])
    assert list(row.values()) == [2, None, 0.7, 20.0, None, 1.5]
