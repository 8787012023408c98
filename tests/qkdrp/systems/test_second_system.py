"""A system that nothing knows is trained, loaded, predicts and is evaluated everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.runs.folder import Run, load_run
from qkdrp.runs.train import train
from qkdrp.systems.registry import find_system
from qkdrp.training.config import FinalConfig
from tests.qkdrp.conftest import CliResult, read_json
from tests.qkdrp.hardware import EVALUATE
from tests.runtime_server import RuntimeServer
from tests.toy_system.installed import install
from tests.toy_system.system import ENDPOINTS, ToyConfig, ToyData

EXACT, ROUNDING = 1e-6, 1e-12
N_ROWS, N_TEST = 60, 10


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", monkeypatch)


@pytest.fixture
def config() -> ToyConfig:
    fit = {"epochs": 12, "batch_size": 8, "lr": 0.05}
    return ToyConfig.make(fit=fit, backend="statevector", seed=3, threads=1)


@pytest.fixture
def trained(toy: None, config: ToyConfig, tmp_path: Path) -> tuple[Run, dict[str, Any]]:
    return train(config, tmp_path / "run")


def test_it_trains(trained: tuple[Run, dict[str, Any]]) -> None:
    run, metrics = trained
    assert (metrics["system"], metrics["model"], metrics["n_test"]) == ("toy", "toy", N_TEST)
    assert metrics["test"]["n"] == N_TEST * len(ENDPOINTS)
    assert metrics["test"]["mse"] < metrics["baselines"]["mean"]["mse"]
    assert "auc" not in metrics["test"]
    assert read_json(run.path / "config.json")["system"] == "toy"
    history = pd.read_csv(run.path / "history.csv")
    assert history.columns.tolist() == ["epoch", "train_loss", "validation_loss", "seconds"]
    assert metrics["best_epoch"] == history["validation_loss"].idxmin() + 1
    assert not (run.path / "figures").exists()


def test_a_loaded_run_predicts_the_same(trained: tuple[Run, dict[str, Any]]) -> None:
    run, _ = trained
    data: ToyData = find_system("toy").load(run.config.data)
    loaded = load_run(run.path)
    assert loaded.config == run.config
    assert loaded.predict(data).shape == (len(data), len(ENDPOINTS))
    np.testing.assert_allclose(loaded.predict(data), run.predict(data), atol=ROUNDING)


def test_predictions_name_each_endpoint(trained: tuple[Run, dict[str, Any]]) -> None:
    run, metrics = trained
    table = pd.read_csv(run.path / "predictions.csv")
    assert table["part"].value_counts().to_dict() == {"train": 80, "validation": 20, "test": 20}
    assert not table.duplicated(["sample", "endpoint"]).any()
    test = table[table["part"] == "test"]
    errors = (test["prediction"] - test["measured"]) ** 2
    assert errors.mean() == pytest.approx(metrics["test"]["mse"])


def test_the_same_seed_trains_the_same(
    trained: tuple[Run, dict[str, Any]], config: ToyConfig, tmp_path: Path
) -> None:
    _, metrics = trained
    _, again = train(config, tmp_path / "again")
    assert {**again, "seconds": 0} == {**metrics, "seconds": 0}


@pytest.mark.parametrize("backend", ["aer_exact", "statevector"])
def test_it_is_evaluated_exactly(
    backend: str, trained: tuple[Run, dict[str, Any]], cli: Callable[..., CliResult]
) -> None:
    run, metrics = trained
    result = cli("evaluate", run.path, "--backend", backend, "--threads", 1)
    assert result.code == 0, result.err
    assert "toy, 20 test values" in result.out
    found = read_json(run.path / "evaluations" / backend / "metrics.json")
    assert found["largest_prediction_shift"] < EXACT
    assert found["test"]["mse"] == pytest.approx(metrics["test"]["mse"], abs=EXACT)


def test_it_is_evaluated_with_noise_and_shots(
    trained: tuple[Run, dict[str, Any]], cli: Callable[..., CliResult]
) -> None:
    run, _ = trained
    options = ("--backend", "aer_noisy", "--shots", 500, "--repeats", 3, "--threads", 1)
    result = cli("evaluate", run.path, *options)
    assert result.code == 0, result.err
    found = read_json(run.path / "evaluations" / "aer_noisy" / "metrics.json")
    assert 1e-3 < found["largest_prediction_shift"] < 1
    assert found["repeats"]["mse"]["sd"] > 0
    table = pd.read_csv(run.path / "evaluations" / "aer_noisy" / "predictions.csv")
    assert len(table) == N_TEST * len(ENDPOINTS)
    assert {"prediction_mean", "prediction_sd"} <= set(table.columns)


def test_it_is_evaluated_on_hardware(
    trained: tuple[Run, dict[str, Any]], ibm: RuntimeServer, cli: Callable[..., CliResult],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    run, _ = trained
    result = cli("evaluate", run.path, *EVALUATE)
    assert result.code == 0, result.err
    found = read_json(run.path / "evaluations" / "ibm_runtime" / "metrics.json")
    assert found["not_predicted"] == 0
    assert found["largest_prediction_shift"] < 1
    assert len(ibm.jobs) == 1


def test_it_trains_on_all_rows(toy: None, config: ToyConfig, tmp_path: Path) -> None:
    given = config.model_copy(update={"final": FinalConfig(folds=3)})
    run, metrics = train(given, tmp_path / "final")
    assert (metrics["n_train"], metrics["n_test"], metrics["test"]) == (N_ROWS, 0, None)
    assert metrics["cross_validation"]["n"] == N_ROWS * len(ENDPOINTS)
    assert metrics["cross_validation"]["mse"] < metrics["baselines"]["mean"]["mse"]
    table = pd.read_csv(run.path / "predictions.csv")
    assert table["part"].value_counts().to_dict() == {"train": 120, "held out": 120}
    assert not table[table["part"] == "held out"].duplicated(["sample", "endpoint"]).any()
    data: ToyData = find_system("toy").load(run.config.data)
    np.testing.assert_allclose(load_run(run.path).predict(data), run.predict(data), atol=ROUNDING)


def test_its_data_are_shown(toy: None, cli: Callable[..., CliResult]) -> None:
    result = cli("data", "show", "--system", "toy")
    assert (result.code, result.err) == (0, "")
    assert ["made", "up", "60"] in [line.split() for line in result.out.splitlines()]
    refused = cli("data", "show", "--system", "toy", "--partner", "TCGA")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: partner = 'TCGA'")
