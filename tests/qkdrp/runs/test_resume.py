import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qkdrp.backends.runtime import owner
from qkdrp.backends.runtime.owner import this_process
from qkdrp.common.errors import RunError
from qkdrp.runs import resume
from qkdrp.runs import train as training
from qkdrp.runs.folder import load_run
from qkdrp.runs.resume import claim_run_folder
from qkdrp.runs.train import prepare, prepare_resumed, train
from qkdrp.systems.response.config import TrainConfig
from qkdrp.training.epoch import Epoch
from tests.qkdrp.conftest import (
    FILES_OF_A_COMMAND,
    RUN_FILES,
    CliResult,
    Trained,
    make_tables,
    read_json,
    small_config,
    snapshot,
)
from tests.qkdrp.killed_training import train_until_killed

EPOCHS = 5
CHECKPOINT = "checkpoint.safetensors"
NOISE = {"noise": "fake_manila"}
BACKENDS: dict[str, dict[str, Any]] = {
    "statevector": {},
    "aer_noisy with shots": NOISE | {"shots": 50},
    "aer_noisy with SPSA": NOISE | {"shots": 50, "gradient": "spsa"},
    "train-noise": NOISE | {"train_noise": True},
}


def config_on(backend: str, folder: Path) -> TrainConfig:
    config = small_config(folder, epochs=EPOCHS, patience=0, learn_a_r=True)
    name = "statevector" if backend == "statevector" else "aer_noisy"
    return config.model_copy(update={"backend": name, "backend_options": BACKENDS[backend]})


def numbers(path: Path) -> tuple[dict[str, Any], list[list[str]]]:
    """Return metrics and history of a run, but for times."""
    metrics = read_json(path / "metrics.json")
    metrics.pop("seconds")
    lines = (path / "history.csv").read_text().splitlines()
    assert lines[0].endswith(",seconds")
    return metrics, [line.split(",")[:-1] for line in lines]


def interrupt_after(epochs: int) -> Callable[[Epoch], None]:
    def stop(epoch: Epoch) -> None:
        if epoch.epoch == epochs:
            raise KeyboardInterrupt

    return stop


@pytest.fixture(scope="session")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder whose training was killed after its second epoch; copy before you use it."""
    base = tmp_path_factory.mktemp("killed")
    data = make_tables().write(base / "data")
    train_until_killed(config_on("statevector", data), base / "run", 2)
    return base / "run"


@pytest.fixture
def path(killed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(killed, tmp_path / "run"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_killed_training_ends_with_the_same_numbers(
    backend: str, folder: Path, tmp_path: Path, rng: np.random.Generator
) -> None:
    config = config_on(backend, folder)
    train(prepare(config), tmp_path / "whole")
    path = tmp_path / "killed"
    every = float(rng.choice([0.0, 30.0]))
    train_until_killed(config, path, int(rng.integers(1, EPOCHS)), every)
    assert CHECKPOINT in snapshot(path)
    assert "metrics.json" not in snapshot(path)
    run, metrics = train(prepare_resumed(path), path, resumed=True)
    assert (run.path, metrics["status"]) == (path, "finished")
    assert numbers(path) == numbers(tmp_path / "whole")
    assert set(snapshot(path)) == set(snapshot(tmp_path / "whole"))
    for name in ("predictions.csv", "model.safetensors", "config.json", "split.csv"):
        assert (path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_an_interrupted_training_goes_on(folder: Path, tmp_path: Path) -> None:
    config = config_on("statevector", folder)
    train(prepare(config), tmp_path / "whole")
    path, notes = tmp_path / "run", list[str]()
    _, metrics = train(
        prepare(config), path, interrupt_after(3), on_note=notes.append, checkpoint_every=0
    )
    assert metrics["status"] == "interrupted"
    assert notes == [f"the training can go on: qkdrp train --resume {path}"]
    load_run(path, training.open_backend("statevector", {}, 0))
    train(prepare_resumed(path), path, interrupt_after(4), resumed=True)
    assert set(snapshot(path)) == RUN_FILES | {CHECKPOINT}
    train(prepare_resumed(path), path, resumed=True)
    assert numbers(path) == numbers(tmp_path / "whole")
    assert set(snapshot(path)) == RUN_FILES


def test_a_crash_leaves_what_can_go_on(folder: Path, tmp_path: Path) -> None:
    def crash(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise MemoryError

    path, notes = tmp_path / "run", list[str]()
    with pytest.raises(MemoryError):
        train(prepare(config_on("statevector", folder)), path, crash, on_note=notes.append)
    assert notes == [f"the training can go on: qkdrp train --resume {path}"]
    with pytest.raises(MemoryError):
        train(prepare_resumed(path), path, crash, resumed=True)
    train(prepare_resumed(path), path, resumed=True)
    assert set(snapshot(path)) == RUN_FILES


def test_a_training_without_a_checkpoint_is_refused(path: Path) -> None:
    (path / CHECKPOINT).unlink()
    with pytest.raises(RunError, match="ended before its first epoch"):
        prepare_resumed(path)


def test_a_finished_training_is_refused(trained: Trained) -> None:
    with pytest.raises(RunError, match="finished; there is nothing to resume"):
        prepare_resumed(trained.run)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run folder"):
        prepare_resumed(tmp_path)


def test_a_training_that_still_runs_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = os.getppid()
    other = replace(this_process(), pid=parent, born=owner._born(parent))
    monkeypatch.setattr(resume, "owner_of", lambda _: other)
    with pytest.raises(RunError, match=f"still being trained by process {parent}"):
        prepare_resumed(path)


def test_other_data_are_refused(path: Path, folder: Path) -> None:
    config = read_json(path / "config.json")
    tables = make_tables()
    tables.response["ln_ic50"] += 0.25
    config["data"]["source"] = str(tables.write(folder))
    (path / "config.json").write_text(json.dumps(config))
    before = snapshot(path)
    with pytest.raises(RunError, match=r"another training \(different: data, data_sha256\)"):
        train(prepare_resumed(path), path, resumed=True)
    assert snapshot(path) == before


def test_what_was_half_written_is_deleted(path: Path) -> None:
    (path / f".history-{'a' * 32}.csv").touch()
    (path / ".mine-1.csv").touch()
    claim_run_folder(path, path, resumed=True)
    hidden = [name for name in snapshot(path) if name.startswith(".")]
    assert hidden == [".mine-1.csv"]


def test_the_command(path: Path, cli: Callable[..., CliResult]) -> None:
    refused = cli("train", "--resume", path, "--lr", 0.1)
    assert refused.code == 2
    assert refused.err == (
        "error: --lr does not go with --resume: the settings are those of the run.\n"
    )
    result = cli("train", "--resume", path, "--checkpoint-every", 10)
    assert (result.code, result.err) == (0, "")
    assert f"trained {EPOCHS} epochs" in result.out
    assert f"run folder: {path}" in result.out
    assert set(snapshot(path)) == FILES_OF_A_COMMAND
    again = cli("train", "--resume", path)
    assert again.code == 2
    assert "there is nothing to resume" in again.err
