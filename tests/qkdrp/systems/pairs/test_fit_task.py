import pytest

from qkdrp.systems.pairs.fit_task import PREDICTION_SD, collapse_doubt
from qkdrp.training.epoch import Epoch, Fit


def course(*spreads: float) -> Fit:
    epochs = [
        Epoch(number, 0.1, 0.1, {PREDICTION_SD: spread}, {}, 1.0)
        for number, spread in enumerate(spreads, 1)
    ]
    return Fit(epochs, best_epoch=len(epochs))


@pytest.mark.parametrize("fit", [None, Fit(), course(0.0, 0.03)])
def test_a_model_that_learned_is_not_doubted(fit: Fit | None) -> None:
    assert collapse_doubt(fit) == []


def test_a_collapsed_model_is_doubted() -> None:
    (line,) = collapse_doubt(course(0.02, 3e-8))
    assert "predicts the same for every validation pair" in line
