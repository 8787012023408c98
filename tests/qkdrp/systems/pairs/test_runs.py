"""A small model on pairs: trained, loaded, evaluated everywhere, and refused in one line."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.runs.folder import Run, load_run
from qkdrp.runs.train import train
from qkdrp.systems.pairs.baselines import BASELINES
from qkdrp.systems.pairs.config import PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.predictions import SCORE_ROWS
from tests.qkdrp.conftest import CliResult, read_json, snapshot
from tests.qkdrp.hardware import EVALUATE
from tests.runtime_server import RuntimeServer

EXACT = 1e-6
CIRCUIT = {"n_qubits": 3, "n_encoding": 2, "n_variational": 1, "bridge": "linear"}
OPTIONS = ("--n-qubits", 3, "--n-encoding", 2, "--n-variational", 1, "--bridge", "linear",
           "--train-size", 100, "--epochs", 1)  # fmt: skip


def config(**model: object) -> PairsConfig:
    return PairsConfig.make(
        data={"train_size": 100, "test_size": 40},
        model={**CIRCUIT, "normalisation": "moderated", "a": 1.0, **model},
        fit={"epochs": 2, "batch_size": 32},
        seed=3,
        threads=1,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Any]]:
    return train(config(dropout=0.2), tmp_path_factory.mktemp("pairs") / "run")


def test_it_trains(trained: tuple[Run, dict[str, Any]]) -> None:
    run, metrics = trained
    assert (metrics["system"], metrics["model"], metrics["split"]) == ("pairs", "hybrid", "lpo")
    assert [len(part) for part in run.split.parts().values()] == [90, 10, 40]
    assert set(metrics["baselines"]) == set(BASELINES)
    assert all(each["mse"] > 0 for each in metrics["baselines"].values())
    assert {row.key for row in SCORE_ROWS} <= set(metrics["test"])
    history = pd.read_csv(run.path / "history.csv")
    spreads = history[["angle_sd", "line_sd", "drug_sd", "prediction_sd"]]
    assert (spreads > 0).all(axis=None)
    assert history["beyond_pi"].between(0, 1).all()
    assert {path.name for path in (run.path / "figures").iterdir()} == {
        "learning_curve.png",
        "predictions.png",
        "spread.png",
    }
    table = pd.read_csv(run.path / "per_drug.csv")
    assert table["n"].sum() == 40
    assert np.average(table["mse"], weights=table["n"]) == pytest.approx(metrics["test"]["mse"])
    mean = np.average(table["drug_mean_mse"], weights=table["n"])
    assert mean == pytest.approx(metrics["baselines"]["drug_mean"]["mse"])


def test_a_loaded_run_predicts_the_same(
    trained: tuple[Run, dict[str, Any]], pairs: PairData
) -> None:
    run, _ = trained
    test, loaded = pairs.select(run.split.test), load_run(run.path)
    np.testing.assert_allclose(loaded.predict(test), run.predict(test), atol=1e-12)
    table = pd.read_csv(run.path / "predictions.csv", dtype={"sample": str})
    written = table[table["part"] == "test"]
    assert written["pair"].tolist() == run.split.test.tolist()
    np.testing.assert_allclose(written["prediction"], run.predict(test), atol=EXACT)


def test_the_same_seed_trains_the_same(trained: tuple[Run, dict[str, Any]], tmp_path: Path) -> None:
    """With dropout, too."""
    _, again = train(config(dropout=0.2), tmp_path / "again")
    assert {**again, "seconds": 0} == {**trained[1], "seconds": 0}


@pytest.mark.parametrize("backend", ["aer_exact", "aer_noisy"])
def test_it_is_evaluated(
    backend: str, trained: tuple[Run, dict[str, Any]], cli: Callable[..., CliResult]
) -> None:
    run, metrics = trained
    result = cli("evaluate", run.path, "--backend", backend, "--threads", 1)
    assert result.code == 0, result.err
    assert "lpo, 40 test pairs" in result.out
    found = read_json(run.path / "evaluations" / backend / "metrics.json")
    exact = found["largest_prediction_shift"] < EXACT
    assert exact == (backend == "aer_exact")
    if exact:
        assert found["test"]["mse"] == pytest.approx(metrics["test"]["mse"], abs=EXACT)


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
    assert len(ibm.jobs) == 1


def test_a_classical_model_has_no_circuit(tmp_path: Path, cli: Callable[..., CliResult]) -> None:
    output = tmp_path / "run"
    result = cli("train-pairs", "--model", "classical", "--train-size", 100, "--epochs", 1,
                 "--split", "ldo", "--test-size", 30, "--threads", 1,
                 "--output", output)  # fmt: skip
    assert result.code == 0, result.err
    assert "the test has new drugs" in result.out
    assert read_json(output / "metrics.json")["test"]["resampled_by"] == "drug"
    assert not (output / "circuit.qpy").exists()
    refused = cli("evaluate", output, "--backend", "aer_noisy")
    assert refused.code == 2
    assert "has no circuit" in refused.err


def test_data_are_shown(cli: Callable[..., CliResult]) -> None:
    result = cli("data", "show", "--system", "pairs")
    assert (result.code, result.err) == (0, "")
    assert "8519" in result.out
    assert "(SYNTHETIC)" in result.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--model", "hybird"), "did you mean 'hybrid'"),
        (("--n-qubits", 4), "say --bridge linear"),
        (("--split", "drugs"), "choose one of lpo, lco, ldo, lcdo, lto"),
        (("--data", "nowhere"), "nowhere: no such folder"),
        (("--backend", "aer"), "aer"),
    ],
)
def test_a_wrong_option_is_one_line(
    words: tuple[object, ...], message: str, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    result = cli("train-pairs", *words, "--output", tmp_path / "run")
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert not (tmp_path / "run").exists()


def test_without_the_extra_one_line_names_it(
    tmp_path: Path, cli: Callable[..., CliResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qkdrp.systems.pairs.extra.find_spec", lambda name: None)
    result = cli("train-pairs", *OPTIONS, "--output", tmp_path / "run")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error: The system pairs needs RDKit and PyTorch Geometric: pip install 'qkdrp[graph]'.\n"
    )
    assert cli("data", "show", "--system", "pairs").err == result.err


def test_predictions_for_new_samples_are_refused_in_one_line(
    trained: tuple[Run, dict[str, Any]], tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    result = cli("predict", trained[0].path, "--data", tmp_path)
    assert result.code == 2
    assert result.err.count("\n") == 1


def test_the_report_tells_of_the_circuit_and_the_drugs(
    trained: tuple[Run, dict[str, Any]], tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    run = Path(shutil.copytree(trained[0].path, tmp_path / "run"))
    before = snapshot(run)
    result = cli("report", run)
    assert (result.code, result.err) == (0, "")
    after = snapshot(run)
    page = after.pop("report.html")
    assert after == before
    assert page is not None
    text = page.decode()
    assert "http" not in text
    for words in (
        "3 qubits, 6 angles, 9 weights",
        "the output keeps a correlation of",
        "length scale of the circuit",
        "acts as a scale as much as a bound",
        "Test pairs by drug",
        "tissue_mean",
        "SYNTHETIC DATA",
    ):
        assert words in text, words
    assert text.count("data:image/png;base64,") == 4


def test_it_is_explained_by_atom_and_by_line_feature(
    trained: tuple[Run, dict[str, Any]], tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    runs = [Path(shutil.copytree(trained[0].path, tmp_path / "first")), tmp_path / "second"]
    other = config(dropout=0.2).model_copy(update={"seed": 4})
    train(other, runs[1])
    tables = [pd.read_csv(run / "predictions.csv") for run in runs]
    one, two = (set(table.loc[table["part"] == "test", "drug"]) for table in tables)
    drugs = sorted(one & two)[:2]
    output = tmp_path / "why"
    result = cli("explain", *runs, "--rows", 5, "--repeats", 1, "--steps", 4, "--threads", 1,
                 "--drugs", ",".join(drugs).lower(), "--output", output)  # fmt: skip
    assert result.code == 0, result.err
    assert "5 of 40 held-out rows are explained" in result.err
    table = pd.read_csv(output / "importance.csv")
    assert len(table) == 160 + 1
    assert "the drug's molecule" in set(table["feature"])
    atoms = pd.read_csv(output / "parts" / f"{drugs[0]}.csv")
    assert atoms["atom"].tolist() == list(range(len(atoms)))
    assert set(atoms["symbol"]) <= {"C", "N", "O", "S", "P", "F", "Cl", "Br"}
    of_runs = atoms[["run first", "run second"]]
    np.testing.assert_allclose(atoms["attribution"], of_runs.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(atoms["sd_over_runs"], of_runs.std(axis=1), atol=1e-12)
    assert (output / "parts" / f"{drugs[1]}.svg").read_text().startswith("<?xml")
    record = read_json(output / "explanation.json")
    assert [each["name"] for each in record["parts"]] == drugs
    assert -1 <= record["parts"][0]["rank_correlation_of_runs"] <= 1
    page = (output / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    refused = cli("explain", runs[0], "--drugs", "unobtainium")
    assert refused.code == 2
    assert "drug 'unobtainium' is in none of the held-out pairs" in refused.err
    assert refused.err.count("\n") == 1


def users_tables() -> dict[str, pd.DataFrame]:
    """120 features, 12 drugs and 40 lines of a new user."""
    rng = np.random.default_rng(5)
    lines = [f"cell{number:02d}" for number in range(40)]
    features = pd.DataFrame(rng.normal(size=(40, 120)).round(3)).add_prefix("prot")
    features.insert(0, "sample", lines)
    smiles = ["CCO", "c1ccncc1", "NC(N)=O", "CC(=O)O", "CCN", "CCCl", "CC(C)O", "c1ccccc1",
              "CN", "CO", "CS", "CC(N)=O"]  # fmt: skip
    drugs = pd.DataFrame({"drug": [f"D{number}" for number in range(12)], "smiles": smiles})
    pairs = pd.DataFrame([(line, drug) for line in lines for drug in drugs["drug"]])
    pairs = pairs.set_axis(["sample", "drug"], axis=1)
    pairs["ln_ic50"] = rng.normal(2, 1, 480).round(3)
    return {"pairs": pairs, "features": features, "drugs": drugs}


def twice(tables: dict[str, pd.DataFrame]) -> None:
    tables["pairs"] = pd.concat([tables["pairs"], tables["pairs"].iloc[[7]]])


def unreadable(tables: dict[str, pd.DataFrame]) -> None:
    tables["drugs"].loc[1, "smiles"] = "c1ccncc"


def unknown(tables: dict[str, pd.DataFrame]) -> None:
    tables["pairs"].loc[0, "drug"] = "unobtainium"


def few(tables: dict[str, pd.DataFrame]) -> None:
    tables["features"] = tables["features"].iloc[:, :100]


@pytest.mark.parametrize(
    ("spoil", "words", "message"),
    [
        (twice, (), "the pair of cell line 'cell00' and drug 'D7' is there twice"),
        (unreadable, (), "drug 'D1': RDKit reads no molecule from the SMILES 'c1ccncc'"),
        (unknown, ("--strict",), "1 of a drug without a row in drugs (unobtainium)"),
        (few, (), "found 99 features of cell lines, expected at least 118"),
    ],
)
def test_a_fault_of_the_user_s_tables_is_one_line(
    spoil: Callable[[dict[str, pd.DataFrame]], None], words: tuple[str, ...], message: str,
    tmp_path: Path, cli: Callable[..., CliResult],
) -> None:  # fmt: skip
    tables = users_tables()
    spoil(tables)
    data = write(tables, tmp_path / "data")
    result = cli("train-pairs", "--data", data, *words, "--threads", 1, "--output", tmp_path / "r")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_mended_tables_train(tmp_path: Path, cli: Callable[..., CliResult]) -> None:
    tables = users_tables()
    unknown(tables)
    data = write(tables, tmp_path / "data")
    (data / "LICENSE").write_text("CC0 1.0")
    shown = cli("data", "show", "--system", "pairs", "--data", data)
    assert "left out: 1 of a drug without a row in drugs (unobtainium)" in shown.out
    assert "licence: CC0 1.0" in shown.out
    result = cli("train-pairs", "--data", data, *OPTIONS, "--threads", 1,
                 "--output", tmp_path / "run")  # fmt: skip
    assert result.code == 0, result.err
    page = (tmp_path / "run" / "report.html").read_text()
    assert "unobtainium" in page
    assert len(pd.read_csv(tmp_path / "run" / "per_drug.csv")) <= 12


def write(tables: dict[str, pd.DataFrame], folder: Path) -> Path:
    folder.mkdir()
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder
