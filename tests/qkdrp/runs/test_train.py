import csv
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.cli import train_report
from qkdrp.common.files import write_csv
from qkdrp.runs import prepare as preparation
from qkdrp.runs import train as training
from qkdrp.runs.train import prepare, train
from qkdrp.systems.response.scores import responder_auc
from qkdrp.training import loop as fit
from qkdrp.training.epoch import Epoch
from tests.qkdrp.conftest import (
    RUN_FILES,
    CliResult,
    Trained,
    read_json,
    small_config,
    snapshot,
)

PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


def width_and_height(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_a_run_folder_is_complete(trained: Trained) -> None:
    content = snapshot(trained.run)
    assert set(content) == RUN_FILES, "and holds no temporary file"
    for name, data in content.items():
        assert data is None or not data.startswith(PICKLE_STARTS), name
        if name.endswith(".png"):
            assert data is not None
            assert min(width_and_height(data)) > 300


def test_metrics_hold_what_a_reader_needs(trained: Trained) -> None:
    metrics = read_json(trained.run / "metrics.json")
    assert metrics["status"] == "finished"
    assert metrics["drug"] == "DrugA"
    assert metrics["model"] == "moderated"
    assert (metrics["n_train"], metrics["n_val"], metrics["n_test"]) == (43, 11, 6)
    assert (metrics["n_samples"], metrics["n_responder"], metrics["n_genes"]) == (60, 24, 15)
    assert 1 <= metrics["best_epoch"] <= metrics["epochs"] == 2
    assert "tables in" in metrics["data"]
    assert metrics["synthetic"] is False
    assert metrics["seconds"] > 0
    for scores in (metrics["test"], metrics["validation"], metrics["baselines"]["ridge"]):
        low, high = scores["auc_ci"]
        assert 0 <= low <= scores["auc"] <= high <= 1
        assert -1 <= scores["spearman"] <= 1
        assert scores["mse"] > 0
    mean = metrics["baselines"]["mean"]
    assert mean["auc"] == 0.5
    assert mean["mse"] > 0
    assert mean["spearman"] is None


def test_the_number_of_parameters(trained: Trained) -> None:
    # Encoder, a circuit of n1 n3 (n2 + 1) weights, and the head.
    expected = 512 * 15 + 67_456 + 129 * 2 + 2 * 1 * (1 + 1) + 3
    assert read_json(trained.run / "metrics.json")["n_parameters"] == expected


def test_config_is_what_was_asked_for(trained: Trained) -> None:
    content = read_json(trained.run / "config.json")
    versions, fixed = content.pop("versions"), content.pop("fixed")
    assert fixed["encoder"]["hidden"] == [512, 128]
    assert content == small_config(trained.data).model_dump()
    assert {"python", "qkdrp", "torch", "qiskit"} <= set(versions)


def test_split_and_predictions_agree(trained: Trained) -> None:
    split = pd.read_csv(trained.run / "split.csv")
    predictions = pd.read_csv(trained.run / "predictions.csv")
    pd.testing.assert_frame_equal(predictions[["sample", "part"]], split)
    test = predictions[predictions["part"] == "test"]
    auc = responder_auc(test["responder"].to_numpy(), test["prediction"].to_numpy())
    metrics = read_json(trained.run / "metrics.json")
    assert auc == metrics["test"]["auc"]
    assert ((test["prediction"] - test["label"]) ** 2).mean() == pytest.approx(
        metrics["test"]["mse"]
    )


def test_labels_are_normalised_on_training_rows(trained: Trained) -> None:
    predictions = pd.read_csv(trained.run / "predictions.csv")
    train_rows = predictions.loc[predictions["part"] == "train", "ln_ic50"]
    expected = np.tanh((predictions["ln_ic50"] - train_rows.mean()) / train_rows.std(ddof=0))
    np.testing.assert_allclose(predictions["label"], expected, rtol=1e-12)


def test_history_has_one_row_per_epoch(trained: Trained) -> None:
    with (trained.run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert {"train_loss", "validation_loss", "validation_auc", "a", "r", "seconds"} < set(rows[0])
    assert float(rows[0]["a"]) == 20.0


def test_the_same_seed_gives_the_same_metrics(folder: Path, tmp_path: Path) -> None:
    config = small_config(folder, backend="aer_exact")
    found = []
    for name in ("first", "second"):
        train(prepare(config), tmp_path / name)
        text = (tmp_path / name / "metrics.json").read_text()
        found.append([line for line in text.splitlines() if '"seconds"' not in line])
    assert found[0] == found[1]
    aer = read_json(tmp_path / "first" / "metrics.json")
    _, exact = train(prepare(small_config(folder)), tmp_path / "statevector")
    assert exact["test"]["auc"] == pytest.approx(aer["test"]["auc"], abs=1e-6)
    assert exact["test"]["mse"] == pytest.approx(aer["test"]["mse"], abs=1e-6)


def test_another_seed_gives_another_split(folder: Path) -> None:
    first, second = (prepare(small_config(folder, seed=seed)) for seed in (0, 1))
    assert first.split.test.tolist() != second.split.test.tolist()


def test_synthetic_data_say_so_everywhere(tmp_path: Path) -> None:
    _, metrics = train(
        prepare(small_config("synthetic", model="classic", epochs=1)), tmp_path / "run"
    )
    assert metrics["synthetic"] is True
    assert "SYNTHETIC" in metrics["data"]
    assert not (tmp_path / "run" / "circuit.qpy").exists()


def test_standardised_data_are_not_scored_again(moli_folder: Path) -> None:
    config = small_config(moli_folder)
    data = config.data.model_copy(update={"drug": "Cetuximab"})
    default = prepare(config.model_copy(update={"data": data}))
    assert (default.preprocessor.transform.scale == 1).all()
    asked = data.model_copy(update={"zscore": True})
    scored = prepare(config.model_copy(update={"data": asked}))
    assert not (scored.preprocessor.transform.scale == 1).any()


def interrupt_after(epochs: int) -> Callable[[Epoch], None]:
    def stop(epoch: Epoch) -> None:
        if epoch.epoch == epochs:
            raise KeyboardInterrupt

    return stop


def test_ctrl_c_keeps_what_is_done(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    _, metrics = train(prepare(small_config(folder, epochs=50)), path, on_epoch=interrupt_after(2))
    assert metrics["status"] == "interrupted"
    assert metrics["epochs"] == 2
    assert set(snapshot(path)) == RUN_FILES | {"checkpoint.safetensors"}, "to go on from"
    assert len((path / "history.csv").read_text().splitlines()) == 3


def test_ctrl_c_while_the_history_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def stop_at_the_third(path: Path, frame: pd.DataFrame) -> None:
        if path.name == "history.csv":
            written.append(path)
            if len(written) == 3:
                raise KeyboardInterrupt
        write_csv(path, frame)

    monkeypatch.setattr(training, "write_csv", stop_at_the_third)
    path = tmp_path / "run"
    _, metrics = train(prepare(small_config(folder, epochs=50, patience=0)), path)
    assert metrics["status"] == "interrupted"
    assert len((path / "history.csv").read_text().splitlines()) == 1 + metrics["epochs"]


def test_ctrl_c_before_the_end_of_the_first_epoch_leaves_nothing(
    cli: Callable[..., CliResult],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(fit, "_train_epoch", stop)
    for name in ("new", "made"):
        output = tmp_path / name
        if name == "made":
            output.mkdir()
        result = cli("train", "--data", folder, "--drug", "DrugA", "--output", output)
        assert (result.code, result.err) == (1, "interrupted.\n")
        assert output.exists() == (name == "made"), "which is as it was"
    assert snapshot(tmp_path / "made") == {}


def test_ctrl_c_before_the_training(
    cli: Callable[..., CliResult],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(preparation, "prepare", stop)
    result = cli("train", "--data", folder, "--drug", "DrugA", "--output", tmp_path / "run")
    assert result.code == 1
    assert result.err.strip() == "interrupted."
    assert not (tmp_path / "run").exists()


def test_a_training_that_diverges_is_a_clear_error(
    cli: Callable[..., CliResult], folder: Path, tmp_path: Path
) -> None:
    arguments = ["--data", folder, "--drug", "DrugA", "--backend", "statevector", "--threads", 1]
    arguments += ["--lr", "1e30", "--epochs", 1, "--output", tmp_path / "run"]
    result = cli("train", *arguments)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "lower the learning rate" in result.err


def test_ctrl_c_ends_with_code_1(
    cli: Callable[..., CliResult],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop = interrupt_after(1)
    monkeypatch.setattr(train_report.TrainReport, "epoch", lambda self, epoch: stop(epoch))
    arguments = ["--data", folder, "--drug", "DrugA", "--backend", "statevector", "--threads", 1]
    result = cli("train", *arguments, "--output", tmp_path / "run")
    assert result.code == 1
    assert "interrupted after 1 epochs" in result.out
    assert read_json(tmp_path / "run" / "metrics.json")["status"] == "interrupted"
