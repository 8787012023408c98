import math

import pytest
import torch
from torch import nn

from qkdrp.training.early_stopping import EarlyStopping
from qkdrp.training.epoch import Epoch
from qkdrp.training.monitor import LOSS, Direction, Monitor

AUC = Monitor("auc", Direction.HIGHER)
BY_LOSS = Monitor(LOSS, Direction.LOWER)


def record(stopping: EarlyStopping, values: list[float | None], model: nn.Module) -> None:
    for number, value in enumerate(values, start=1):
        nn.init.constant_(model.weight, number)
        auc = {} if value is None else {"auc": value}
        stopping.record(Epoch(number, 0.0, value, auc, {}, 0.0), model)


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        (AUC, [0.5, 0.7, 0.6], 2),
        (AUC, [0.5, 0.7, 0.7], 2),
        (AUC, [math.nan, 0.2, math.nan], 2),
        (BY_LOSS, [0.5, 0.7, 0.6], 1),
        (BY_LOSS, [0.5, 0.4, 0.3], 3),
    ],
)
def test_the_best_epoch_has_the_best_score(
    monitor: Monitor, values: list[float | None], best: int
) -> None:
    stopping, model = EarlyStopping(monitor, patience=0), nn.Linear(1, 1)
    record(stopping, values, model)
    assert stopping.best_epoch == best
    stopping.restore_best(model)
    assert model.weight.item() == best


@pytest.mark.parametrize("monitor", [AUC, BY_LOSS])
def test_without_scores_the_last_epoch_counts(monitor: Monitor) -> None:
    stopping, model = EarlyStopping(monitor, patience=1), nn.Linear(1, 1)
    record(stopping, [None, None, None], model)
    assert stopping.best_epoch == 3
    assert not stopping.is_over(3)
    stopping.restore_best(model)
    torch.testing.assert_close(model.weight, torch.full((1, 1), 3.0))


def test_patience_counts_epochs_after_the_best() -> None:
    stopping = EarlyStopping(AUC, patience=2)
    record(stopping, [0.5, 0.7, 0.6], nn.Linear(1, 1))
    assert [stopping.is_over(n_epochs) for n_epochs in (2, 3, 4)] == [False, False, True]
    stopping.patience = 0
    assert not stopping.is_over(100)
