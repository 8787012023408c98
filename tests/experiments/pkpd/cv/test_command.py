from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from qkdrp.experiments.pkpd.cv import config, costs
from qkdrp.experiments.pkpd.cv.contenders import BASELINES
from qkdrp.experiments.study import outcomes
from tests.qkdrp.conftest import CliResult, snapshot

Cli = Callable[..., CliResult]

QUICK = ("--models", "mlp", "--pd0", "without", "--folds", 1, "--seeds", 1, "--epochs", 2)


def test_a_study_runs_and_is_resumed_without_a_training(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {name: BASELINES[name] for name in ("dose_time_mean", "ridge")}
    monkeypatch.setattr(config, "BASELINES", quick)  # trees take seconds
    words = ("experiment", "pkpd-cv", *QUICK, "--workers", 1, "--output", tmp_path / "study")
    result = cli(*words)
    assert result.code == 0, result.err
    assert "Mean of dose and time" in result.out
    before = snapshot(tmp_path / "study")
    assert {"report.md", "report.html", "scores.csv", "differences.csv"} <= set(before)
    monkeypatch.setattr(outcomes, "run_task", lambda *_: pytest.fail("a training began"))
    assert cli(*words, "--resume").code == 0
    after = snapshot(tmp_path / "study")
    tables = [name for name in before if not name.endswith(".png")]
    assert {name: after[name] for name in tables} == {name: before[name] for name in tables}


def test_a_plan_counts_trainings(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "_seconds", lambda *_: 1.0)
    more = ("--preset", "full", "--structure", "2-I", "--models", "mechanistic,mlp")
    result = cli("experiment", "plan", "pkpd-cv", *more)
    assert result.code == 0, result.err
    # 12 folds of the mechanistic model, the network (3 seeds), three baselines: each without and
    # with PD0; and of the mean.
    assert f"{12 * (2 + 6 + 6 + 1)} trainings" in " ".join(result.out.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--models", "quantum"], "models = ('quantum',): found 'quantum'"),
        (["--pd0", "perhaps"], "pd0"),
        (["--folds", 50], "the trial has 12"),
        (["--structure", "9-I"], "structure '9-I'"),
        (["--preset", "huge"], "huge"),
        (["--backend", "qpu"], "qpu"),
        (["--lr", 0], "lr"),
        (["--data", "nowhere.csv"], "nowhere.csv"),
        (["--resume"], "missing or damaged"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    more: Sequence[object], message: str, cli: Cli, tmp_path: Path
) -> None:
    result = cli("experiment", "pkpd-cv", "--output", tmp_path / "study", *more)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
