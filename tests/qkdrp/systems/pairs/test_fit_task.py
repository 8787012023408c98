import pytest

from qkdrp.systems.pairs.fit_task import PREDICTION_SD, collapse_doubts
from qkdrp.systems.pairs.spread import DRUG_SD, LINE_SD
from qkdrp.training.epoch import Epoch, Fit


def course(*spreads: float) -> Fit:
    epochs = [
        Epoch(number, 0.1, 0.1, {PREDICTION_SD: spread}, {}, 1.0)
        for number, spread in enumerate(spreads, 1)
    ]
    return Fit(epochs, best_epoch=len(epochs))


@pytest.mark.parametrize("fit", [None, Fit(), course(0.0, 0.03)])
def test_a_model_that_learned_is_not_doubted(fit: Fit | None) -> None:
    assert collapse_doubts(fit) == []


def test_a_collapsed_model_is_doubted() -> None:
    (line,) = collapse_doubts(course(0.02, 3e-8))
    assert "predicts the same for every validation pair" in line


@pytest.mark.parametrize(("name", "told"), [(LINE_SD, "cell lines"), (DRUG_SD, "drugs")])
def test_a_branch_that_has_died_is_told(name: str, told: str) -> None:
    epoch = Epoch(1, 0.1, 0.1, {PREDICTION_SD: 0.05}, {LINE_SD: 0.01, DRUG_SD: 0.1, name: 0.0}, 1.0)
    (line,) = collapse_doubts(Fit([epoch], best_epoch=1))
    assert told in line
