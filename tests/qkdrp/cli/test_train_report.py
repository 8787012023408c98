from pathlib import Path

import pytest

from qkdrp.cli.train_report import NO_SCORES, TrainReport, further_training
from qkdrp.runs.prepare import prepare
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.system import PkpdSystem
from qkdrp.systems.response.config import FitConfig as ResponseFit
from qkdrp.training.config import FitConfig


def test_advice_names_options_that_the_command_has() -> None:
    assert further_training(FitConfig(), all_epochs=True) == ["a higher --lr", "more --epochs"]
    early = ["a higher --lr", "more --patience"]
    assert further_training(FitConfig(), all_epochs=False) == early
    interrupted = further_training(FitConfig(patience=0), all_epochs=False)
    assert interrupted == ["a higher --lr", "more --epochs"]
    watched = further_training(ResponseFit(), all_epochs=False)
    assert watched == [*early, "--monitor loss"]
    assert further_training(ResponseFit(monitor="loss"), all_epochs=False) == early


@pytest.fixture
def report() -> TrainReport:
    return TrainReport(prepare(PkpdConfig.make(data={"split": "none"}, model={"model": "mlp"})))


def test_what_comes_before_the_first_epoch_is_shown(
    report: TrainReport, capsys: pytest.CaptureFixture[str]
) -> None:
    with report:
        report.preparing("starting values")
    assert "preparing: starting values" in capsys.readouterr().out


def test_a_table_of_nothing_is_a_line(
    report: TrainReport, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    metrics = {
        "status": "finished", "epochs": 500, "best_epoch": 500, "seconds": 1.0, "model": "mlp",
        "loss_still_falling": True, "notes": [], "test": None,
        "baselines": dict.fromkeys(PkpdSystem.baselines),
    }  # fmt: skip
    report.finished(tmp_path / "run", metrics)
    printed = " ".join(capsys.readouterr().out.split())
    assert " ".join(NO_SCORES.split()) in printed
    assert "a higher --lr or more --epochs trains further" in printed
    assert "ridge" not in printed
