import os
import re
import signal
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.ito.summary import SETTINGS
from qkdrp.experiments.noise.table import COLUMNS
from qkdrp.experiments.study import outcomes
from qkdrp.experiments.study.tasks import Result, Task
from tests.experiments.noise.conftest import NOISE
from tests.experiments.test_commands import started, wait_for_tasks
from tests.qkdrp.conftest import CliResult, snapshot

Cli = Callable[..., CliResult]

SMALL = (
    *("--preset", "smoke", "--n-qubits", 2, "--n-encoding", 1, "--lr", "1e-3", "--workers", 1),
    *("--noise", NOISE, "--reference-r", 1.5, "--r", "1.5,3", "--a", "1,20"),
    *("--repetitions", 2, "--gradient-rows", 2, "--batch-size", 16),
)


def words(data: Path, output: Path, *more: object) -> list[object]:
    return ["experiment", "noise-sensitivity", "--data", data, "--output", output, *SMALL, *more]


@pytest.fixture(scope="module")
def study(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[object]]:
    """A finished study of all there is to vary; run it again with --resume to see what it says."""
    path = tmp_path_factory.mktemp("noise") / "study"
    return path, words(
        data, path, "--folds", 3, "--epochs", 2, "--parts", "all,gates", "--scales", "0,2"
    )


@pytest.fixture(scope="module")
def finished(study: tuple[Path, list[object]]) -> Path:
    from qkdrp.cli import main

    path, arguments = study
    pages = import_module("qkdrp.reports.page.render")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "DPI", 40)  # pictures are looked at elsewhere
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
    assert not caught.value.code
    return path


def test_every_training_and_cell_is_a_row(finished: Path) -> None:
    table = pd.read_csv(finished / "noise.csv")
    assert list(table) == COLUMNS
    assert set(SETTINGS) <= set(table)
    # Three points trained in two ways, and one that learns a and r trained exactly and at 1 and 2.
    trainings = 3 * (3 * 2 + 3)
    cells = 2 + 2 * 2
    assert len(table) == trainings * cells
    assert not table.duplicated(
        ["model", "a", "r", "training", "train_scale", "fold", "parts", "scale", "shots"]
    ).any()
    assert len(list((finished / "tasks").iterdir())) == trainings + 3  # ridge
    quiet = table[(table["scale"] == 0) & (table["shots"] == 0)]
    for score in ("auc", "spearman", "mse"):
        np.testing.assert_allclose(quiet[score], quiet[f"{score}_exact"], rtol=0, atol=1e-8)
    assert (table.loc[table["shots"] > 0, "auc_sd"] >= 0).all()
    assert table.loc[table["shots"] == 0, "snr_final"].isna().all()
    learned = table[table["model"] == "moderated-learned"]
    assert (learned["a_end"] != 20.0).all()
    fixed = table[table["model"] == "moderated"]
    assert (fixed["a_end"] == fixed["a"]).all()


def test_the_report_answers_and_is_one_file(finished: Path) -> None:
    report, page = ((finished / f"report.{kind}").read_text() for kind in ("md", "html"))
    pictures = sorted((finished / "figures").iterdir())
    assert len(pictures) >= 10
    for picture in pictures:
        assert f"(figures/{picture.name})" in report
        assert picture.stat().st_size > 2000
    for text in (report, page):
        assert "best a and r" in text
        assert "Nadeau and Bengio" in text
        assert "ridge regression" in text
    assert page.count("<img") == len(pictures)
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    for name in ("optimum", "moves", "changes", "learned"):
        assert len(pd.read_csv(finished / f"{name}.csv"))
    moves = pd.read_csv(finished / "moves.csv")
    assert ((moves["p"] >= 0) & (moves["p"] <= moves["q"] + 1e-12) & (moves["q"] <= 1)).all()


def test_a_finished_study_is_resumed_without_a_training(
    finished: Path,
    study: tuple[Path, list[object]],
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    without_figures: None,
) -> None:
    before = snapshot(finished)
    monkeypatch.setattr(outcomes, "run_task", lambda *_: pytest.fail("a training began"))
    result = cli(*study[1], "--resume")
    assert result.code == 0, result.err
    assert "27 of them done already" in result.out
    assert "best a and r" in result.out
    after = snapshot(finished)
    tables = [name for name in before if name.endswith((".csv", ".json", ".qpy"))]
    assert {name: after[name] for name in tables} == {name: before[name] for name in tables}


def test_failed_trainings_are_left_out_and_named(
    cli: Cli, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(task: Task, *_: object) -> Result:
        raise OSError("disk")

    path = tmp_path / "study"
    arguments = words(data, path, "--models", "moderated")
    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "run_task", fail)
        result = cli(*arguments)
    assert result.code == 1
    assert "failed: DrugA, moderated, repeat 1 fold 1, exact, a 1, r 1.5: OSError" in result.out
    assert "14 trainings failed" in result.out
    assert "takes at least two points and three folds" in result.out
    assert pd.read_csv(path / "noise.csv").empty
    assert (path / "report.md").read_text().count("FAILED, left out") == 14


def test_sigkill_costs_no_finished_cell(
    cli: Cli, data: Path, tmp_path: Path, without_figures: None
) -> None:
    path = tmp_path / "study"
    arguments = words(data, path, "--models", "moderated", "--epochs", 20, "--scales", "0,1")
    process = started(arguments)
    try:
        wait_for_tasks(process, path, 3)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    files = [p for p in (path / "tasks").glob("*.json") if p.name[0] != "."]
    done = {p: p.stat().st_mtime_ns for p in files}
    assert 3 <= len(done) < 12
    assert not (path / "noise.csv").exists()
    result = cli(*arguments, "--resume")
    assert result.code == 0, result.err
    assert f"trainings: 12 trainings, {len(done)} of them done already" in result.out
    assert {p: p.stat().st_mtime_ns for p in done} == done
    assert len(pd.read_csv(path / "noise.csv")) == 12 * 4


def test_a_plan_counts_and_trains_nothing_for_good(cli: Cli, data: Path, tmp_path: Path) -> None:
    arguments = words(data, tmp_path / "study", "--models", "moderated")
    result = cli("experiment", "plan", *arguments[1:])
    assert result.code == 0, result.err
    assert "12 trained models, 6 cells each" in result.out
    assert "14 trainings (14 folds)" in " ".join(result.out.split())
    assert "core hours" in result.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--models", "classic"], "has no circuit"),
        (["--scales", "0,99"], "use at most"),
        (["--scales", "some"], "expected values separated by commas"),
        (["--shots", "0.5"], "expected values separated by commas"),
        (["--noise", "fake_nowhere"], "Unknown device"),
        (["--parts", "relaxation"], "has no part"),
        (["--trainings", "asleep"], "choose one of exact, noise-aware"),
        (["--design", "star"], "design"),
        (["--backend", "qpu"], "evaluated on aer_noisy, or on ibm_runtime, too"),
        (["--backend", "ibm_runtime"], "give one, such as --device ibm_fez"),
        (["--dry-run"], "give --backend ibm_runtime"),
        (["--preset", "huge"], "choose one of smoke, small, full"),
        (["--resume"], "missing or damaged"),
        (["--reference-r", "pie"], "expected radians"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    more: Sequence[object], message: str, cli: Cli, data: Path, tmp_path: Path
) -> None:
    result = cli(*words(data, tmp_path / "study", *more))
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
