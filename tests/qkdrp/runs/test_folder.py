import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit.library import CZGate, RXGate

from qkdrp.backends import get_backend
from qkdrp.runs.folder import default_folder, load_run, read_config
from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data import load_cohort
from qkdrp.training.system import Facts
from tests.qkdrp.conftest import CliResult, Trained, read_json, snapshot


@pytest.fixture
def run(trained: Trained, tmp_path: Path) -> Path:
    """A copy of a run that may be spoilt."""
    return Path(shutil.copytree(trained.run, tmp_path / "copy"))


@pytest.mark.parametrize("name", ["aer_exact", "statevector"])
def test_a_loaded_run_predicts_the_same(trained: Trained, name: str) -> None:
    expected = pd.read_csv(trained.run / "predictions.csv", index_col="sample")["prediction"]
    cohort = load_cohort(str(trained.data), "DrugA")
    with get_backend(name) as backend:
        found = load_run(trained.run, backend).predict(cohort)
    np.testing.assert_allclose(found, expected[cohort.samples], atol=1e-6)


def test_evaluations_are_never_overwritten(cli: Callable[..., CliResult], run: Path) -> None:
    for backend in ("statevector", "statevector", "aer_exact"):
        assert cli("evaluate", run, "--backend", backend, "--threads", 1).code == 0
    names = sorted(path.name for path in (run / "evaluations").iterdir())
    assert names == ["aer_exact", "statevector", "statevector-2"]
    for name in names:
        metrics = read_json(run / "evaluations" / name / "metrics.json")
        assert metrics["largest_prediction_shift"] < 1e-6
        assert metrics["same_data"] is True
        trained = read_json(run / "metrics.json")["test"]
        for score in ("auc", "spearman", "mse"):
            assert metrics["test"][score] == pytest.approx(trained[score], abs=1e-6)


def test_evaluate_leaves_the_run_as_it_is(cli: Callable[..., CliResult], run: Path) -> None:
    before = snapshot(run)
    output = run.parent / "elsewhere"
    assert cli("evaluate", run, "--backend", "statevector", "--output", output).code == 0
    assert snapshot(run) == before
    assert {path.name for path in output.iterdir()} == {"metrics.json", "predictions.csv"}


def test_evaluate_needs_no_data_folder(
    cli: Callable[..., CliResult], trained: Trained, run: Path
) -> None:
    without_data(trained, run)
    evaluate = ("evaluate", run, "--backend", "statevector", "--threads", 1)
    assert cli(*evaluate).code == 0
    metrics = read_json(run / "evaluations" / "statevector" / "metrics.json")
    assert metrics["largest_prediction_shift"] == 0
    assert metrics["same_data"] is True
    assert metrics["test"] == read_json(run / "metrics.json")["test"]


def test_runs_without_rows_need_the_data(
    cli: Callable[..., CliResult], trained: Trained, run: Path, tmp_path: Path
) -> None:
    without_data(trained, run)
    (run / "test_rows.safetensors").unlink()
    evaluate = ("evaluate", run, "--backend", "statevector", "--threads", 1)
    refused(cli(*evaluate), "/gone: no such folder", "Give --data")
    moved = shutil.copytree(trained.data, tmp_path / "moved")
    assert cli(*evaluate, "--data", moved).code == 0


def without_data(trained: Trained, run: Path) -> None:
    """Have a run name a data folder that is not there."""
    config = (run / "config.json").read_text().replace(str(trained.data), "/gone")
    (run / "config.json").write_text(config)


def test_data_are_named_by_their_whole_path(
    cli: Callable[..., CliResult], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("--drug", "DrugA", "--backend", "statevector", "--epochs", 1, "--threads", 1)
    assert cli("train", "--data", folder.name, *words, "--output", "run").code == 0
    assert read_json(tmp_path / "run" / "config.json")["data"]["source"] == str(folder)
    (tmp_path / "run" / "test_rows.safetensors").unlink()  # as in earlier versions
    (tmp_path / "run").rename(tmp_path / "renamed")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cli("evaluate", tmp_path / "renamed", "--backend", "statevector").code == 0
    assert (tmp_path / "renamed" / "evaluations" / "statevector" / "metrics.json").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"data", "renamed", "elsewhere"}


def test_evaluate_says_that_data_have_changed(
    cli: Callable[..., CliResult], trained: Trained, run: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.copytree(trained.data, tmp_path / "moved"))
    lines = (moved / "response.csv").read_text().splitlines()
    cells = lines[1].split(",")
    lines[1] = ",".join([*cells[:2], "9.99", *cells[3:]])
    (moved / "response.csv").write_text("\n".join(lines))
    result = cli("evaluate", run, "--backend", "statevector", "--data", moved)
    assert result.code == 0
    assert "the data differ" in result.out


def test_evaluate_on_data_without_the_samples(
    cli: Callable[..., CliResult], trained: Trained, run: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.copytree(trained.data, tmp_path / "moved"))
    lines = (moved / "expression.csv").read_text().splitlines()
    test = pd.read_csv(run / "split.csv").query("part == 'test'")["sample"].iloc[0]
    kept = [line for line in lines if not line.startswith(f"{test},")]
    (moved / "expression.csv").write_text("\n".join(kept))
    result = cli("evaluate", run, "--backend", "statevector", "--data", moved)
    refused(result, "samples are not in the data")
    assert not (run / "evaluations").exists()


def refused(result: CliResult, *words: str) -> None:
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "\x1b" not in result.err
    assert "\\n" not in result.err
    assert all(word in result.err for word in words), result.err


def test_what_is_no_run(cli: Callable[..., CliResult], tmp_path: Path) -> None:
    refused(cli("evaluate", tmp_path), "no run folder", "config.json")
    refused(cli("evaluate", tmp_path / "nowhere"), "no run folder")


def test_an_unfinished_run(cli: Callable[..., CliResult], run: Path) -> None:
    (run / "metrics.json").unlink()
    refused(cli("evaluate", run), "did not finish", "metrics.json is missing")


def test_an_unknown_backend(cli: Callable[..., CliResult], run: Path) -> None:
    refused(cli("evaluate", run, "--backend", "qpu"), "Unknown backend 'qpu'")


def test_the_circuit_of_another_model(cli: Callable[..., CliResult], run: Path) -> None:
    with (run / "circuit.qpy").open("wb") as file:
        qpy.dump(QuantumCircuit(2), file)
    refused(cli("evaluate", run), "circuit.qpy", "is not the circuit that this version builds")


@pytest.mark.parametrize("swap", [("rz", "rx"), ("cx", "cz")])
def test_a_tampered_circuit(
    cli: Callable[..., CliResult], run: Path, swap: tuple[str, str]
) -> None:
    with (run / "circuit.qpy").open("rb") as file:
        (circuit,) = qpy.load(file)
    position = next(
        index for index, step in enumerate(circuit.data) if step.operation.name == swap[0]
    )
    step = circuit.data[position]
    gate = CZGate() if swap[1] == "cz" else RXGate(*step.operation.params)
    circuit.data[position] = step.replace(operation=gate)
    with (run / "circuit.qpy").open("wb") as file:
        qpy.dump(circuit, file)
    refused(cli("evaluate", run), "is not the circuit that this version builds")


def empty(content: bytes) -> bytes:
    return b""


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbage(content: bytes) -> bytes:
    return b"garbage " * 40


NAMES = [
    "config.json",
    "split.csv",
    "metrics.json",
    "model.safetensors",
    "circuit.qpy",
    "predictions.csv",
]


@pytest.mark.parametrize("damage", [None, empty, half, garbage])
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_run(
    cli: Callable[..., CliResult],
    run: Path,
    name: str,
    damage: Callable[[bytes], bytes] | None,
) -> None:
    path = run / name
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    result = cli("evaluate", run, "--backend", "statevector", "--threads", 1)
    refused(result, "no run folder" if (name, damage) == ("config.json", None) else name)
    assert not (run / "evaluations").exists()


def test_damaged_rows(cli: Callable[..., CliResult], trained: Trained, run: Path) -> None:
    rows = run / "test_rows.safetensors"
    rows.write_bytes(half(rows.read_bytes()))
    evaluate = ("evaluate", run, "--backend", "statevector", "--threads", 1)
    refused(cli(*evaluate), rows.name, "copy the run once more", "--data")
    assert cli(*evaluate, "--data", trained.data).code == 0


def test_a_config_with_an_unknown_setting(cli: Callable[..., CliResult], run: Path) -> None:
    text = (run / "config.json").read_text().replace('"n_qubits"', '"qubits"')
    (run / "config.json").write_text(text)
    refused(cli("evaluate", run), "model.qubits")


def test_a_config_of_another_size(cli: Callable[..., CliResult], run: Path) -> None:
    text = (run / "config.json").read_text().replace('"n_qubits": 2', '"n_qubits": 3')
    (run / "config.json").write_text(text)
    refused(cli("evaluate", run), "circuit.qpy", "is not the circuit")
    (run / "config.json").write_text(text.replace('"moderated"', '"classic"'))
    refused(cli("evaluate", run), "model.safetensors", "does not fit config.json")


def test_a_config_that_is_a_list(cli: Callable[..., CliResult], run: Path) -> None:
    (run / "config.json").write_text("[1]")
    refused(cli("evaluate", run), "config.json")


def test_the_default_folder_is_named_after_the_run() -> None:
    config = TrainConfig.make(model={"model": "classic"})
    facts = Facts({"drug": "A/B (50 uM)", "model": "classic"})
    assert default_folder(config, facts).match("runs/a_b_50_um_-classic-aer_exact-*")


def test_choices_that_are_no_settings_are_told_and_not_read(run: Path) -> None:
    told = json.loads((run / "config.json").read_text())
    assert told["fixed"]["encoder"]["hidden"] == [512, 128]
    before = read_config(run)
    del told["fixed"]  # as folders of earlier versions
    (run / "config.json").write_text(json.dumps(told))
    assert read_config(run) == before
