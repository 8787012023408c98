import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import psutil
import pytest

from qkdrp.experiments.ito.catalogue import STUDIES
from qkdrp.experiments.ito.contenders import CONTENDERS
from qkdrp.experiments.ito.summary import SUMMARY
from qkdrp.experiments.study import outcomes
from qkdrp.experiments.study.tasks import Result, Task, run_task
from qkdrp.training import loop
from tests.qkdrp.conftest import CliResult, snapshot

Cli = Callable[..., CliResult]

SMALL = ("--preset", "smoke", "--n-qubits", 2, "--n-encoding", 1, "--lr", "1e-3", "--workers", 1)


def words(study: str, data: Path, output: Path, *more: object) -> list[object]:
    return ["experiment", study, "--data", data, "--output", output, *SMALL, *more]


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_writes_tables_figures_and_a_report(
    study: str, cli: Cli, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "study"
    result = cli(*words(study, data, path, "--epochs", 2, "--models", "moderated,tanh"))
    assert result.code == 0, result.err
    summary = pd.read_csv(path / "summary.csv")
    assert list(summary) == SUMMARY
    assert set(summary["model"]) == {"moderated", "tanh", "ridge"}
    runs, curves = pd.read_csv(path / "runs.csv"), pd.read_csv(path / "curves.csv")
    configurations = len(summary)
    folds = 2 * STUDIES[study].folds
    assert len(runs) == folds * configurations
    assert len(curves) == 2 * configurations * STUDIES[study].folds
    finals = {"every": configurations, "best": 3, "none": 0}[STUDIES[study].finals]
    assert len(pd.read_csv(path / "finals.csv")) == finals == summary["auc_final"].notna().sum()
    assert len(list((path / "tasks").iterdir())) == folds * configurations + finals
    report = (path / "report.md").read_text()
    for figure in (path / "figures").iterdir():
        assert f"(figures/{figure.name})" in report
        assert figure.stat().st_size > 5000
    assert "Nadeau and Bengio" in report
    assert str(path) in result.out


def test_the_help_names_every_contender(cli: Cli) -> None:
    shown = " ".join(cli("experiment", "cv", "--help").out.split())
    assert all(name in shown for name in CONTENDERS)


def test_a_finished_study_is_resumed_without_a_training(
    cli: Cli, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = words("cv", data, tmp_path / "study", "--models", "moderated")
    cli(*arguments)
    before = snapshot(tmp_path / "study")
    monkeypatch.setattr(outcomes, "run_task", lambda *_: pytest.fail("a training began"))
    result = cli(*arguments, "--resume")
    assert result.code == 0
    assert "4 of them done already" in result.out
    after = snapshot(tmp_path / "study")
    tables = [name for name in before if not name.endswith(".png")]
    assert {name: after[name] for name in tables} == {name: before[name] for name in tables}


def test_a_report_of_what_is_finished_runs_nothing(
    cli: Cli, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "study"
    arguments = words("cv", data, path, "--models", "moderated,tanh")
    assert cli(*arguments, "--report-only").code == 2
    assert not path.exists()
    assert cli(*arguments).code == 0
    monkeypatch.setattr(outcomes, "run_task", lambda *_: pytest.fail("a training began"))
    tasks = sorted((path / "tasks").iterdir())
    tasks[0].unlink()
    saved = path / "checkpoints" / "of-another-process.safetensors"
    saved.parent.mkdir()
    saved.touch()
    result = cli(*arguments, "--resume", "--report-only")
    assert result.code == 0, result.err
    assert f"{len(tasks) - 1} done, 1 still to be done" in result.out
    assert (path / "report.md").read_text().count("NOT THERE YET") == 1
    assert saved.exists()
    for task in tasks[1:]:
        task.unlink()
    result = cli(*arguments, "--resume", "--report-only")
    assert result.code == 2
    assert "found nothing finished" in result.err


def test_failed_trainings_are_named_and_tried_again(
    cli: Cli, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(task: Task, *_: object) -> Result:
        if task.stage == "fold" and task.fold == 1 and not task.baseline:
            raise OSError("disk")
        return run_task(task)

    path = tmp_path / "study"
    arguments = words("cv", data, path, "--models", "moderated", "--repeats", 2)
    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "run_task", fail)
        result = cli(*arguments)
    assert result.code == 1
    assert "failed: DrugA, moderated, repeat 1 fold 2: OSError: disk" in result.out
    assert "2 trainings failed" in result.out
    assert "FAILED, left out" in (path / "report.md").read_text()
    assert pd.read_csv(path / "summary.csv")["n_runs"].tolist() == [2, 4]
    assert cli(*arguments, "--resume").code == 0
    assert pd.read_csv(path / "summary.csv")["n_runs"].tolist() == [4, 4]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--models", "quantum"], "choose one of classic"),
        (["--drugs", "Aspirin"], "unknown drug 'Aspirin'"),
        (["--lr", "fast"], "expected values separated by commas"),
        (["--r", "pie"], "expected radians"),
        (["--lr", ","], "lr"),
        (["--folds", 1], "folds = 1"),
        (["--preset", "huge"], "choose one of smoke, small, full"),
        (["--backend", "qpu"], "qpu"),
        (["--n-qubits", 1], "n_qubits"),
        (["--scheduler", "local:x"], "expected local:N"),
        (["--resume"], "missing or damaged"),
        (["--folds", 50], "fewer --folds"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    more: Sequence[object], message: str, cli: Cli, data: Path, tmp_path: Path
) -> None:
    result = cli(*words("cv", data, tmp_path / "study", *more))
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_plan_trains_nothing_for_good(cli: Cli, data: Path, tmp_path: Path) -> None:
    more = ("--drugs", "DrugA,DrugB", "--models", "moderated,classic", "--preset", "small")
    arguments = words("table1", data, tmp_path / "study", *more)
    result = cli("experiment", "plan", *arguments[1:])
    assert result.code == 0, result.err
    # Ten folds each of two models and ridge on two drugs, and a final training for the best.
    assert "66 trainings (60 folds, 6 final)" in " ".join(result.out.split())
    assert "core hours" in result.out
    assert not list(tmp_path.iterdir())


def started(arguments: Sequence[object]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "qkdrp", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wait_for_tasks(process: subprocess.Popen[str], path: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while len([p for p in (path / "tasks").glob("*.json") if p.name[0] != "."]) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def long_study(data: Path, path: Path, *more: object) -> list[object]:
    arguments = words("cv", data, path, "--models", "moderated", "--repeats", 3, "--folds", 4)
    return [*arguments, "--epochs", 40, *more]


def test_a_killed_worker_and_a_killed_driver_lose_nothing_and_repeat_nothing(
    cli: Cli, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "study"
    process = started(long_study(data, path, "--scheduler", "local:2"))
    try:
        wait_for_tasks(process, path, 2)
        children = psutil.Process(process.pid).children(recursive=True)
        next(child for child in children if "spawn_main" in " ".join(child.cmdline())).kill()
        wait_for_tasks(process, path, 4)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    done = {p: p.stat().st_mtime_ns for p in (path / "tasks").glob("*.json") if p.name[0] != "."}
    assert 4 <= len(done) < 24
    assert all(json.loads(p.read_text()) for p in done)
    assert not (path / "summary.csv").exists()
    result = cli(*long_study(data, path, "--resume"))
    assert result.code == 0, result.err
    assert f"{len(done)} of them done already" in result.out
    assert {p: p.stat().st_mtime_ns for p in done} == done
    whole = tmp_path / "whole"
    cli(*long_study(data, whole))
    for name in ("summary.csv", "curves.csv", "runs.csv", "finals.csv", "comparisons.csv"):
        frames = [pd.read_csv(folder / name) for folder in (path, whole)]
        left, right = (frame.drop(columns="seconds", errors="ignore") for frame in frames)
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def test_a_killed_training_goes_on_from_its_checkpoint(
    cli: Cli, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole, steps = tmp_path / "study", tmp_path / "whole", []

    def counted(*arguments: object) -> float:
        steps.append(1)
        return step(*arguments)

    def long(folder: Path, *more: object) -> list[object]:
        arguments = words("grid", data, folder, "--models", "moderated", "--epochs", 120)
        return [*arguments, *more]

    step = loop.train_step
    monkeypatch.setattr(loop, "train_step", counted)
    process = started(long(path, "--workers", 2, "--checkpoint-every", 0))
    try:
        deadline = time.monotonic() + 60
        while len(list((path / "checkpoints").glob("*.safetensors"))) < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.2)  # some epochs
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert cli(*long(path, "--resume")).code == 0
    resumed = len(steps)
    assert not (path / "checkpoints").exists()
    assert cli(*long(whole)).code == 0
    assert 0 < resumed < len(steps) - resumed
    for name in ("summary.csv", "curves.csv", "runs.csv"):
        frames = [pd.read_csv(folder / name) for folder in (path, whole)]
        left, right = (frame.drop(columns="seconds", errors="ignore") for frame in frames)
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def test_ctrl_c_stops_cleanly_and_tells_how_to_go_on(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "study"
    process = started(long_study(data, path, "--workers", 2, "--repeats", 100))
    try:
        wait_for_tasks(process, path, 1)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers, too
        out, err = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    assert f"--output {path} --resume" in " ".join(out.split())
