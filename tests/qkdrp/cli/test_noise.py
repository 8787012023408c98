"""Noise on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from qiskit_aer.noise import NoiseModel, thermal_relaxation_error

from qkdrp.backends.isa.prepared_file import load_prepared
from qkdrp.backends.noise.model_file import save_model
from qkdrp.cli.noise_report import circuit_lines
from tests.qkdrp.conftest import CliResult, Trained, read_json, snapshot

Cli = Callable[..., CliResult]
TRAIN = ("train", "--backend", "aer_noisy", "--drug", "DrugA", "--threads", 1)
SMALL = ("--n-qubits", 2, "--n-encoding", 1, "--batch-size", 16, "--epochs", 1)
NOISE = "depolarizing:p1=1e-3,p2=1e-2,readout=0.02"


@pytest.mark.parametrize(
    "way", [("--train-noise",), ("--gradient", "spsa", "--shots", 50), ("--gradient", "shift")]
)
def test_train_keeps_what_noise_was_on(
    cli: Cli, folder: Path, tmp_path: Path, way: tuple[object, ...]
) -> None:
    output = tmp_path / "run"
    arguments = ("--data", folder, "--noise", NOISE, "--noise-parts", "gates", "--output", output)
    result = cli(*TRAIN, *SMALL, *arguments, *way)
    assert (result.code, result.err) == (0, "")
    assert "noise    depolarizing:p1=0.001,p2=0.01,readout=0.02" in result.out
    assert "gates on, relaxation off, readout off" in result.out
    assert "physical qubits 0, 1" in result.out
    noise = read_json(output / "metrics.json")["noise"]
    assert noise["parts"] == {"gates": True, "relaxation": False, "readout": False}
    assert read_json(output / "config.json")["backend_options"]["noise"] == NOISE
    assert load_prepared(output).qubits == (0, 1)
    assert cli("evaluate", output, "--backend", "statevector", "--threads", 1).code == 0


def test_scale_0_of_a_device_is_exact(cli: Cli, trained: Trained, tmp_path: Path) -> None:
    arguments = ("--backend", "aer_noisy", "--noise", "fake_torino", "--noise-scale", 0)
    output = tmp_path / "out"
    assert cli("evaluate", trained.run, *arguments, "--threads", 1, "--output", output).code == 0
    assert read_json(output / "metrics.json")["largest_prediction_shift"] < 1e-6


def test_repeats_give_mean_and_interval(cli: Cli, trained: Trained, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = ("--backend", "aer_noisy", "--noise", NOISE, "--shots", 30, "--repeats", 4)
    result = cli("evaluate", trained.run, *arguments, "--threads", 1, "--output", output)
    assert (result.code, result.err) == (0, "")
    assert "over 4 repeats" in result.out
    metrics = read_json(output / "metrics.json")
    mse = metrics["repeats"]["mse"]
    assert "mean of 4" in result.out
    assert "now" not in result.out.split()
    assert metrics["test"]["mse"] == mse["mean"]
    assert metrics["test"]["mse_ci"] is None
    assert mse["ci"][0] < mse["mean"] < mse["ci"][1]
    assert metrics["usage"]["shots"] == 4 * 30 * metrics["test"]["n"]
    table = pd.read_csv(output / "predictions.csv")
    assert (table["prediction_sd"] > 0).all()  # each repeat drew shots of its own
    assert not (table["prediction"] == table["prediction_mean"]).all()
    trained_table = pd.read_csv(trained.run / "predictions.csv").query("part == 'test'")
    shift = (table["prediction_mean"].to_numpy() - trained_table["prediction"].to_numpy()).max()
    assert metrics["largest_prediction_shift"] >= shift


def test_the_same_seed_draws_the_same_shots(cli: Cli, trained: Trained, tmp_path: Path) -> None:
    shifts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        arguments = ("--backend", "aer_noisy", "--noise", NOISE, "--shots", 30, "--seed", seed)
        output = ("--threads", 1, "--output", tmp_path / name)
        assert cli("evaluate", trained.run, *arguments, *output).code == 0
        shifts.append(read_json(tmp_path / name / "metrics.json")["largest_prediction_shift"])
    assert shifts[0] == shifts[1] != shifts[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--noise", "fake_nowhere"), "choose one of fake_"),
        (("--noise", "fake_manila", "--n-qubits", 6), "fake_manila has 5"),
        (("--noise", NOISE, "--noise-parts", "relaxation"), "its parts are gates, readout"),
        (("--noise", "depolarizing:p1=-1"), "p1 = -1"),
        (("--noise-scale", -1), "noise_scale = -1"),
        (("--noise", NOISE, "--method", "density_matrix", "--n-qubits", 20), "16,384 GiB"),
        (("--noise", "missing.json"), "is no file"),
        (("--backend", "aer_exact", "--noise", NOISE), "'aer_exact' has no option noise"),
        (("--noise", NOISE, "--noise-scale", 1e6), "use at most"),
    ],
)
def test_impossible_requests_end_before_any_work(
    cli: Cli, folder: Path, tmp_path: Path, arguments: tuple[object, ...], words: str
) -> None:
    before = snapshot(tmp_path)
    result = cli(*TRAIN, *SMALL, "--data", folder, "--output", tmp_path / "run", *arguments)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert words in result.err
    assert snapshot(tmp_path) == before


def test_repeats_of_exact_values_are_refused(cli: Cli, trained: Trained) -> None:
    before = snapshot(trained.run)
    result = cli("evaluate", trained.run, "--repeats", 3, "--threads", 1)
    assert result.code == 2
    assert "give --shots" in result.err
    assert snapshot(trained.run) == before


def test_all_baselines_of_the_training_are_shown(
    cli: Cli, trained: Trained, tmp_path: Path
) -> None:
    output = ("--output", tmp_path / "out")
    result = cli("evaluate", trained.run, "--backend", "statevector", "--threads", 1, *output)
    assert result.code == 0
    (header,) = [line for line in result.out.splitlines() if "now" in line.split()]
    assert header.split() == ["trained", "now", "mean", "ridge"]
    assert "…" not in result.out


@pytest.mark.parametrize(
    "backend", [("aer_noisy", "--noise", NOISE), ("ibm_runtime", "--device", "fake_manila")]
)
def test_models_without_a_circuit_have_no_noise(
    cli: Cli, folder: Path, tmp_path: Path, backend: tuple[object, ...]
) -> None:
    """Their scores would stand unchanged under the name of a noise."""
    classic = ("train", "--model", "classic", "--drug", "DrugA", "--data", folder, *SMALL)
    run, before = tmp_path / "run", snapshot(tmp_path)
    result = cli(*classic, "--backend", *backend, "--output", run)
    assert (result.code, snapshot(tmp_path)) == (2, before)
    assert "model 'classic' has no circuit" in result.err
    assert cli(*classic, "--backend", "statevector", "--threads", 1, "--output", run).code == 0
    before = snapshot(tmp_path)
    result = cli("evaluate", run, "--backend", *backend)
    assert (result.code, snapshot(tmp_path)) == (2, before)
    assert "model 'classic' has no circuit" in result.err


def test_relaxation_of_a_saved_model_is_not_called_off(
    cli: Cli, trained: Trained, tmp_path: Path
) -> None:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(thermal_relaxation_error(50, 70, 1), ["sx"])
    save_model(noise, tmp_path / "model.json")
    arguments = ("--backend", "aer_noisy", "--noise", tmp_path / "model.json", "--threads", 1)
    result = cli("evaluate", trained.run, *arguments, "--output", tmp_path / "out")
    assert (result.code, result.err) == (0, "")
    assert "gates on, relaxation as far as gate errors hold it, readout off" in result.out
    assert "errors of " in result.out


def test_layers_of_the_same_circuit_have_one_line() -> None:
    circuit = {"physical_qubits": [3, 4], "two_qubit_gates": 7, "depth": 9, "gates": 20}
    circuit |= {"estimated_success": 0.9, "gates_with_errors": 8, "method": "density_matrix"}
    layers = {"first": 7, "left": 7, "right": 7, "last": 9}
    noise: dict[str, Any] = {
        "sampling": {"shots": 0},
        "notes": [],
        "circuits": [
            circuit | {"layer": name, "two_qubit_gates": gates} for name, gates in layers.items()
        ],
    }
    one, other = circuit_lines(noise)
    assert one.startswith("circuit  first, left, right: physical qubits 3, 4; 7 two-qubit gates")
    assert other.startswith("circuit  last: physical qubits 3, 4; 9 two-qubit gates")
    (line,) = circuit_lines(noise | {"circuits": noise["circuits"][:3]})
    assert line.startswith("circuit  all 3 layers: physical qubits 3, 4; 7 two-qubit gates")
    (line,) = circuit_lines(noise | {"circuits": [circuit]})
    assert line.startswith("circuit  physical qubits 3, 4; 7 two-qubit gates")
