"""Studies that the first version wrote are resumed: its folders are in ``stored``."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from qkdrp.common.provenance import versions
from qkdrp.experiments.ito.tasks import FinalTask, FoldTask
from qkdrp.experiments.noise import report
from qkdrp.experiments.noise.cells import Cell
from qkdrp.experiments.noise.device_tasks import DeviceTask
from qkdrp.experiments.noise.evaluation import generator_of
from qkdrp.experiments.noise.kept_layer import KeptLayer
from qkdrp.experiments.noise.tasks import NoiseResult, NoiseTask
from qkdrp.experiments.noise.trainings import Training
from qkdrp.experiments.study import outcomes
from qkdrp.experiments.study.study_folder import STUDY
from qkdrp.experiments.study.task_results import TASKS, TaskStore
from qkdrp.experiments.study.tasks import Task, run_task
from tests.qkdrp.conftest import CliResult, make_tables, read_json

Cli = Callable[..., CliResult]

STORED = Path(__file__).parent / "stored"
KINDS: dict[str, type[Task]] = {"fold": FoldTask, "final": FinalTask, "noise": NoiseTask}
FILES = sorted(STORED.glob(f"*/{TASKS}/*.json"))

COMMANDS = {
    "cv": ("--lr", "1e-3"),
    "noise": (
        *("--lr", "1e-6", "--noise", "depolarizing:p1=0.01,p2=0.03,readout=0.05"),
        *("--reference-r", 1.5, "--r", 1.5, "--a", 20, "--repetitions", 2),
        *("--gradient-rows", 1, "--scales", "0,1", "--shots", "0,64"),
    ),
}


@pytest.mark.parametrize("path", FILES, ids=[path.stem[:6] for path in FILES])
def test_a_finished_task_is_found_under_its_first_key(path: Path) -> None:
    content = read_json(path)
    task = KINDS[content["task"]["stage"]](**content["task"])
    assert task.first_key == path.stem
    assert task.key != path.stem
    assert TaskStore(path.parents[1]).get(task) == task.result_type(**content["result"])


def test_all_kinds_of_tasks_are_stored() -> None:
    assert {read_json(path)["task"]["stage"] for path in FILES} == set(KINDS)


def test_the_key_of_a_cell_on_hardware() -> None:
    kept = KeptLayer(
        angles=((0.5, 1e-7),), weights=(0.1, 2.0), slope=(1.0,), offset=0.0, exact=((0.25,),),
        label=(1.5,), responder=(True,),
    )  # fmt: skip
    task = DeviceTask.make(
        data={"source": "data", "drug": "DrugA", "decimal": "comma"}, digest="ab", seed=3, folds=2,
        training=Training(), kept=kept, options={"device": "fake", "resilience": 1},
        cell=Cell(source="fake", parts="device", on=(), scale=1.0, shots=100),
    )  # fmt: skip
    assert task.first_key == "3309c12031f67023cfe12ee9"


def study_there(name: str, folder: Path) -> Path:
    """Copy a stored study and its data; it says that this machine's packages made it."""
    make_tables().write(folder / "data")
    path = folder / "study"
    shutil.copytree(STORED / name, path)
    content = read_json(path / STUDY)
    (path / STUDY).write_text(json.dumps(content | {"versions": versions()}))
    return path


def words(name: str, source: object, path: Path, *more: object) -> list[object]:
    study = {"cv": "cv", "noise": "noise-sensitivity"}[name]
    return [
        "experiment", study, "--data", source, "--output", path, "--preset", "smoke",
        "--n-qubits", 2, "--n-encoding", 1, "--workers", 1, "--models", "moderated",
        "--epochs", 1, "--batch-size", 16, *COMMANDS[name], "--resume", *more,
    ]  # fmt: skip


@pytest.mark.parametrize("whole_path", [False, True])
def test_a_study_is_resumed_without_a_training(
    whole_path: bool, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = study_there("cv", tmp_path)
    content = read_json(path / STUDY)
    del content["config"]["centre_head"]  # as if it had come later
    (path / STUDY).write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outcomes, "run_task", lambda *_: pytest.fail("a training began"))
    result = cli(*words("cv", tmp_path / "data" if whole_path else "data", path))
    assert result.code == 0, result.err
    assert "folds: 4 trainings, 4 of them done already" in result.out
    assert "final trainings: 2 trainings, 2 of them done already" in result.out
    assert len(pd.read_csv(path / "runs.csv")) == 4
    other = cli(*words("cv", "data", path, "--no-centre-head"))
    assert other.code == 2
    assert "config.centre_head is True there and False here" in other.err


def test_a_noise_study_goes_on_where_it_stopped(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = study_there("noise", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "drawn", lambda *_: iter(()))  # figures take most of the time
    result = cli(*words("noise", tmp_path / "data", path))
    assert result.code == 0, result.err
    assert "trainings: 4 trainings, 2 of them done already" in result.out
    assert "baselines: 2 trainings, 1 of them done already" in result.out
    table = pd.read_csv(path / "noise.csv")
    assert sorted(set(table["fold"])) == [1, 2]
    assert len(table) == 4 * 4


@pytest.mark.parametrize("training", ["exact", "noise-aware"])
def test_a_task_of_the_noise_study_still_has_the_same_numbers(
    training: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (content,) = (
        content
        for content in map(read_json, (STORED / "noise" / TASKS).iterdir())
        if content["task"].get("training", {}).get("name") == training
    )
    make_tables().write(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    result, expected = run_task(NoiseTask(**content["task"])), NoiseResult(**content["result"])
    assert isinstance(result, NoiseResult)
    for found, before in zip(result.cells, expected.cells, strict=True):
        assert found.mean.mse == pytest.approx(before.mean.mse, rel=1e-4)
        assert found.standard_error == pytest.approx(before.standard_error, rel=1e-2)


def test_shots_are_those_of_the_first_version() -> None:
    cell = Cell(source="somewhere", parts="all", on=("gates",), scale=1.0, shots=64)
    assert generator_of("11aa", cell).integers(1 << 30) == 218680303
