from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.qkdrp.conftest import CliResult, Trained, make_tables, read_json

Cli = Callable[..., CliResult]


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """The same kind of samples from another laboratory: other ids, shifted and scaled."""
    tables = make_tables()
    tables.expression["sample"] = "X" + tables.expression["sample"]
    genes = tables.expression.columns[1:]
    tables.expression[genes] = 0.3 * tables.expression[genes] + 8
    tables.response["sample"] = "X" + tables.response["sample"]
    tables.response["area"] = -tables.response.pop("ln_ic50")
    return tables.write(tmp_path / "cohort")


def test_a_cohort_is_scored_beside_ridge(
    trained: Trained, cohort: Path, tmp_path: Path, cli: Cli
) -> None:
    asked = ("validate", trained.run, "--data", cohort, "--threads", 1)
    measure = ("--measure", "area", "--direction", "higher")
    result = cli(*asked, *measure, "--output", tmp_path / "v")
    assert result.code == 0, result.err
    assert "align    standardise" in result.out
    found = read_json(tmp_path / "v" / "metrics.json")["targets"]["DrugA"]
    ridge = found["scores"]["ridge"]
    assert ridge["spearman"] > 0.5  # it was trained on these very samples under other names
    assert ridge["auc"] > 0.7
    assert ridge["spearman_ci"][0] < ridge["spearman"] < ridge["spearman_ci"][1]
    assert (found["n_scored"], found["scores"]["model"]["n_responder"]) == (60, 24)
    table = pd.read_csv(tmp_path / "v" / "predictions.csv")
    assert table.columns.tolist()[:2] == ["sample", "target"]
    assert {"responder", "measure", "model", "ridge", "mean"} <= set(table.columns)
    turned = cli(*asked, "--measure", "area", "--direction", "lower", "--output", tmp_path / "w")
    assert turned.code == 0
    other = read_json(tmp_path / "w" / "metrics.json")["targets"]["DrugA"]["scores"]["ridge"]
    assert other["spearman"] == pytest.approx(-ridge["spearman"])
    assert other["auc"] == ridge["auc"]


def test_training_samples_are_left_out(trained: Trained, tmp_path: Path, cli: Cli) -> None:
    result = cli("validate", trained.run, "--data", trained.data, "--output", tmp_path / "v")
    assert result.code == 0, result.err
    found = read_json(tmp_path / "v" / "metrics.json")["targets"]["DrugA"]
    metrics = read_json(trained.run / "metrics.json")
    assert found["n_scored"] == metrics["n_test"]
    assert found["n_seen_in_training"] == metrics["n_train"] + metrics["n_val"]
    for name, scores in (("model", metrics["test"]), ("ridge", metrics["baselines"]["ridge"])):
        assert found["scores"][name]["auc"] == pytest.approx(scores["auc"], abs=1e-6)
        assert found["scores"][name]["spearman"] == pytest.approx(scores["spearman"], abs=1e-6)


def test_without_training_data_there_are_no_baselines(
    trained: Trained, run: Path, cohort: Path, tmp_path: Path, cli: Cli
) -> None:
    config = (run / "config.json").read_text().replace(str(trained.data), "/gone")
    (run / "config.json").write_text(config)
    asked = ("validate", run, "--data", cohort, "--measure", "area", "--direction", "higher")
    result = cli(*asked, "--output", tmp_path / "v")
    assert result.code == 0, result.err
    assert "DrugA: no baselines" in result.err
    assert "Give --train-data" in result.err
    moved = cli(*asked, "--train-data", trained.data, "--output", tmp_path / "w")
    assert moved.code == 0
    assert "ridge" in moved.out


def test_what_cannot_be_scored(trained: Trained, cohort: Path, tmp_path: Path, cli: Cli) -> None:
    asked = ("validate", trained.run, "--data", cohort, "--output", tmp_path / "v")
    response = pd.read_csv(cohort / "response.csv")
    for frame, more, words in (
        (response, ("--measure", "area"), "say by --direction lower or --direction higher"),
        (response.assign(drug="Other"), (), "found no row of 'DrugA', found Other"),
        (response.assign(sample="?" + response["sample"]), (), "found 0 samples with expression"),
        (response, ("--backend", "ibm_runtime"), "qkdrp predict"),
    ):
        frame.to_csv(cohort / "response.csv", index=False)
        result = cli(*asked, *more)
        assert result.code == 2
        assert words in result.err
        assert result.err.count("\n") == 1
    assert not (tmp_path / "v").exists()
