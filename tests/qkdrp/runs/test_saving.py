"""A trained model survives signals, full disks and figures that cannot be drawn."""

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qkdrp.common.errors import RunError
from qkdrp.runs import saving
from qkdrp.runs import train as training
from qkdrp.runs.train import prepare, train
from qkdrp.systems.response import figures
from qkdrp.training.epoch import Epoch
from tests.qkdrp.conftest import (
    FILES_OF_A_COMMAND,
    RUN_FILES,
    CliResult,
    read_json,
    small_config,
    snapshot,
)

TRAIN = ("train", "--drug", "DrugA", "--backend", "statevector", "--epochs", 2, "--threads", 1)

Cli = Callable[..., CliResult]


def interrupt(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def before(function: Callable[..., Any], act: Callable[..., None]) -> Callable[..., Any]:
    def both(*arguments: Any, **options: Any) -> Any:
        act(*arguments, **options)
        return function(*arguments, **options)

    return both


def fill(monkeypatch: pytest.MonkeyPatch, *folders: Path, name: str = "") -> None:
    """Have folders be on a full disk as soon as a file of some name is to be written."""
    write = Path.write_bytes

    def write_bytes(path: Path, content: bytes) -> int:
        if any(path.is_relative_to(folder) for folder in folders) and name in path.name:
            write(path, content[:1])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # names no file, as writes do
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


@pytest.mark.parametrize("where", ["model", "predictions", "metrics"])
def test_two_signals_destroy_nothing(
    where: str, cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = {
        "model": (saving.StoredModel, "save"),
        "predictions": (saving, "predict_parts"),
        "metrics": (training, "summarise"),
    }[where]
    original = getattr(*act)
    monkeypatch.setattr(*act, before(original, interrupt))
    monkeypatch.setattr(training, "history_frame", before(training.history_frame, interrupt))
    path = tmp_path / "run"
    result = cli(*TRAIN, "--data", folder, "--output", path)
    assert result.code == 1, result.err
    assert "interrupted after 1 epochs" in result.out
    assert f"run folder: {path}" in result.out
    assert result.err.endswith("interrupted.\n")
    assert set(snapshot(path)) >= {name for name in RUN_FILES if "figures" not in name}
    metrics = read_json(path / "metrics.json")
    assert (metrics["status"], metrics["best_epoch"]) == ("interrupted", 1)
    monkeypatch.setattr(*act, original)
    assert cli("evaluate", path, "--backend", "statevector").code == 0


def test_slow_predictions_are_made_by_the_exact_engine(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict, calls = saving.predict_parts, []

    def slow(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            interrupt()
            pytest.fail("raised at once: nobody waits for a device that was asked to stop")
        return predict(*arguments)

    monkeypatch.setattr(saving, "predict_parts", slow)
    words = [word if word != "statevector" else "aer_exact" for word in TRAIN]
    result = cli(*words, "--data", folder, "--output", tmp_path / "run")
    assert result.code == 1
    assert "note: interrupted on aer_exact: predictions are from the exact engine" in result.err
    assert read_json(tmp_path / "run" / "metrics.json")["predicted_on"] == "statevector"
    monkeypatch.undo()
    shown = cli("evaluate", tmp_path / "run", "--backend", "statevector").out
    assert shown.split().count("statevector,") == 2
    assert "largest change of a prediction: 0\n" in shown


def test_a_signal_while_figures_are_drawn(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "embedding_figure", interrupt)
    result = cli(*TRAIN, "--data", folder, "--output", tmp_path / "run")
    assert result.code == 1
    assert "note: figures were not all drawn: interrupted" in result.err
    assert "trained 2 epochs" in result.out
    assert read_json(tmp_path / "run" / "metrics.json")["status"] == "finished"
    assert cli("evaluate", tmp_path / "run", "--backend", "statevector").code == 0


def test_figures_that_cannot_be_drawn_are_a_note(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no font")

    monkeypatch.setattr(figures, "embedding_figure", fail)
    result = cli(*TRAIN, "--data", folder, "--output", tmp_path / "run")
    assert result.code == 0
    assert result.err == "note: figures were not all drawn: ValueError: no font\n"
    assert read_json(tmp_path / "run" / "metrics.json")["status"] == "finished"


@pytest.mark.parametrize("name", [".model", ".test_rows", ".metrics"])
def test_a_full_disk_moves_the_run(
    name: str, cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare, wanted = tmp_path / "spare", tmp_path / "run"
    spare.mkdir()
    monkeypatch.setattr(saving, "_spare_places", lambda: [spare])
    fill(monkeypatch, wanted, name=name)
    result = cli(*TRAIN, "--data", folder, "--output", wanted)
    assert result.code == 1, "it is not where it was asked for"
    assert result.err.startswith(f"note: {wanted}/{name[1:]}")
    assert result.err.count("\n") == 1
    assert "No space left on device" in result.err
    (path,) = spare.iterdir()
    assert str(path) in result.err
    assert f"run folder: {path}" in result.out
    assert set(snapshot(path)) == FILES_OF_A_COMMAND
    assert not wanted.exists()
    assert cli("evaluate", path, "--backend", "statevector").code == 0


def test_a_disk_that_is_full_everywhere(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare, wanted = tmp_path / "spare", tmp_path / "run"
    spare.mkdir()
    monkeypatch.setattr(saving, "_spare_places", lambda: [spare, tmp_path / "nowhere"])
    fill(monkeypatch, wanted, spare, name=".model")
    result = cli(*TRAIN, "--data", folder, "--output", wanted)
    assert result.code == 2
    assert result.err.startswith("error: The run could be written nowhere")
    assert result.err.count("\n") == 1
    assert result.err.count("No space left on device") == 2
    assert list(spare.iterdir()) == []


def test_a_disk_that_is_full_before_the_training(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "run"
    fill(monkeypatch, wanted, name=".config")
    result = cli(*TRAIN, "--data", folder, "--output", wanted)
    assert result.code == 2
    assert result.err == (
        f"error: {wanted}/config.json: No space left on device; give another path.\n"
    )
    assert not wanted.exists()


def test_a_folder_that_vanishes_ends_no_training(folder: Path, tmp_path: Path) -> None:
    wanted, notes = tmp_path / "run", []

    def vanish(epoch: Epoch) -> None:
        if epoch.epoch == 1:
            shutil.rmtree(wanted)

    config = small_config(folder, epochs=3, patience=0)
    run, metrics = train(prepare(config), wanted, on_epoch=vanish, on_note=notes.append)
    assert metrics["epochs"] == 3
    assert len(notes) == 2, "the history, told once; then the run"
    assert "the training goes on" in notes[0]
    assert str(run.path) in notes[1]
    assert not wanted.exists()
    try:
        assert set(snapshot(run.path)) == RUN_FILES
    finally:
        shutil.rmtree(run.path)


def test_places_that_are_not_there_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    def fail(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(saving.tempfile, "gettempdir", none)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    with pytest.raises(RunError, match=r"written nowhere .*No space left.*No such file"):
        saving.write_somewhere(tmp_path, fail, print)


@pytest.mark.parametrize("made", [True, False])
def test_a_training_that_diverges_leaves_the_folder_as_it_was(
    made: bool, cli: Cli, folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "above" / "run"
    if made:
        output.mkdir(parents=True)
    result = cli(*TRAIN, "--data", folder, "--lr", "1e30", "--output", output)
    assert result.code == 2
    assert "lower the learning rate" in result.err
    assert output.is_dir() == made
    assert output.parent.exists() == made
    assert snapshot(tmp_path / "above") == ({"run": None} if made else {})
