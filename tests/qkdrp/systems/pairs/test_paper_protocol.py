"""The protocol of the paper: all pairs, all epochs, and the epoch that the test part selects."""

from pathlib import Path

import pandas as pd

from qkdrp.runs.train import train
from qkdrp.systems.pairs.config import PairsConfig
from qkdrp.systems.pairs.selection import selected_on_test, selection_note
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.loop import SHOWN_LOSS


def test_a_run_by_the_protocol(tmp_path: Path) -> None:
    config = PairsConfig.make(
        data={"train_size": 60, "test_size": 30},
        model={"model": "linear"},
        fit={"epochs": 3, "patience": 1, "paper_protocol": True, "min_steps": 4},
        threads=1,
    )
    run, metrics = train(config, tmp_path / "run")
    assert [len(part) for part in run.split.parts().values()] == [60, 0, 30]
    assert (metrics["epochs"], metrics["best_epoch"], metrics["steps"]) == (4, 4, 4)
    losses = pd.read_csv(run.path / "history.csv")[SHOWN_LOSS]
    selected = metrics["selected_on_test"]
    assert selected["epoch"] == losses.idxmin() + 1
    assert selected["mse"] == losses.min()
    assert abs(losses.iloc[-1] - metrics["test"]["mse"]) < 1e-6
    assert any(note.startswith("SELECTED ON THE TEST PART") for note in metrics["notes"])


def test_nothing_is_selected_where_nothing_was_shown() -> None:
    fit = Fit([Epoch(1, 0.1, 0.1, {}, {}, 1.0)], best_epoch=1)
    assert selection_note(selected_on_test(fit)) == []
