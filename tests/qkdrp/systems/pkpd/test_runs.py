"""The regressor on a trial: trained, loaded, evaluated without its data, refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.runs.folder import Run, load_run
from qkdrp.runs.train import train
from qkdrp.systems.pkpd import baselines
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.export import long_table, write_trial
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from qkdrp.systems.pkpd.predictions import SCORE_ROWS
from tests.qkdrp.conftest import CliResult, read_json
from tests.qkdrp.systems.pkpd.conftest import OTHER_UNITS, Write, other_trial, table_of_three

Cli = Callable[..., CliResult]

FIGURES = {"courses.png", "learning_curve.png", "predictions.png"}


@pytest.fixture(autouse=True, scope="module")
def few_trees() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "N_TREES", 10)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Any]]:
    config = PkpdConfig.make(
        data={"split": "seed42"},
        model={"model": "mlp", "log_target": True, "baseline": True, "per_kg": True},
        fit={"epochs": 30, "lr": 5e-3},
        seed=3,
        threads=1,
    )
    return train(config, tmp_path_factory.mktemp("pkpd") / "run")


def test_it_trains(trained: tuple[Run, dict[str, Any]]) -> None:
    run, metrics = trained
    assert (metrics["system"], metrics["model"], metrics["split"]) == ("pkpd", "mlp", "seed42")
    assert (metrics["n_pk"], metrics["n_pd"], metrics["n_samples"]) == (864, 1200, 48)
    assert run.split.test.tolist() == ["19", "32", "48"]
    assert set(metrics["baselines"]) == set(baselines.BASELINES)
    assert {row.key for row in SCORE_ROWS} <= set(metrics["test"])
    assert metrics["test"]["n"] == 147
    history = pd.read_csv(run.path / "history.csv")
    assert history["train_loss"].iloc[-1] < 0.5 * history["train_loss"].iloc[0]
    assert {path.name for path in (run.path / "figures").iterdir()} == FIGURES
    table = pd.read_csv(run.path / "predictions.csv")
    assert len(table) == 2064
    assert not table.duplicated(["subject", "endpoint", "time"]).any()
    assert (table["prediction"] > 0).all()


def test_a_loaded_run_predicts_the_same(
    trained: tuple[Run, dict[str, Any]], estdata: Trial
) -> None:
    run, _ = trained
    part = estdata.select(["48", "1"])
    assert load_run(run.path).predict(part) == pytest.approx(run.predict(part), abs=1e-6)


def test_it_is_evaluated_without_its_data(trained: tuple[Run, dict[str, Any]], cli: Cli) -> None:
    run, metrics = trained
    result = cli("evaluate", run.path, "--backend", "statevector")
    assert result.code == 0, result.err
    found = read_json(run.path / "evaluations" / "statevector" / "metrics.json")
    assert found["test"]["pd_rmse_scaled"] == pytest.approx(metrics["test"]["pd_rmse_scaled"])


def test_it_predicts_for_new_subjects(
    trained: tuple[Run, dict[str, Any]], tmp_path: Path, cli: Cli, estdata: Trial
) -> None:
    """Of the table of the trial the predictions are those of the run, beside all rows."""
    run, _ = trained
    write_trial(tmp_path, estdata.select(["3", "19", "48"]))
    output = tmp_path / "predictions.csv"
    result = cli("predict", run.path, "--data", tmp_path / "trial.csv", "--coverage", 0.8,
                 "--output", output)  # fmt: skip
    assert result.code == 0, result.err
    assert "outside the range" not in result.err
    table = pd.read_csv(output, dtype={"ID": str})
    assert len(table) == 2 * (21 + 49) + 25
    found = table[table["EVID"] == 0].set_index(["ID", "DVID", "TIME"]).sort_index()
    assert (found["PRED_low"] < found["PRED"]).all()
    assert (found["PRED"] < found["PRED_high"]).all()
    known = pd.read_csv(run.path / "predictions.csv", dtype={"subject": str})
    known["DVID"] = known["endpoint"].map({"concentration": 1, "biomarker": 2})
    known = known.set_index(["subject", "DVID", "time"])["prediction"].loc[found.index]
    assert found["PRED"].to_numpy() == pytest.approx(known.to_numpy(), rel=1e-5)


def test_what_lies_outside_the_training_is_told(
    trained: tuple[Run, dict[str, Any]], tmp_path: Path, cli: Cli, estdata: Trial
) -> None:
    table = long_table(estdata.select(["48"])).astype({"DV": object})
    table.loc[table["EVID"] == 0, "DV"] = "."  # times to predict at
    table["TIME"] *= 2
    path = tmp_path / "new.csv"
    table.drop(columns="MDV").to_csv(path, index=False)
    result = cli("predict", trained[0].path, "--data", path, "--output", tmp_path / "p.csv")
    assert result.code == 0, result.err
    assert "TIME (10)" in result.err
    assert "no biomarker before the first dose of 48: the typical baseline" in result.err
    assert "n of them bound n/(n+1) at most" in result.out
    table.drop(columns="COMED").to_csv(path, index=False)
    refused = cli("predict", trained[0].path, "--data", path, "--output", tmp_path / "q.csv")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "the covariates COMED of the model are missing" in refused.err
    assert not (tmp_path / "q.csv").exists()


def test_a_dose_of_a_model_on_features(
    trained: tuple[Run, dict[str, Any]], tmp_path: Path, cli: Cli
) -> None:
    run, folder = trained[0], tmp_path / "dose"
    ask = ("--target", 3.3, "--subjects", 256, "--interval", 168, "--pnu-compat")
    result = cli("dose", run.path, *ask, "--variability", "model", "--output", folder)
    assert result.code == 0, result.err
    assert "mean log residuals of 6 held-out subjects" in result.out
    assert "the model extrapolates" in result.out
    record = json.loads((folder / "dose.json").read_text())
    assert record["extrapolates"]
    assert record["support"]["features_outside_training"]["DOSE_PER_KG"] > 0
    assert record["model"]["covariates"] == ["BW", "COMED", "PD0"]
    assert "The model extrapolates" in (folder / "report.html").read_text()
    refused = cli("dose", run.path, "--target", 3.3, "--loading")
    assert (refused.code, "leave out --loading" in refused.err) == (2, True)
    refused = cli("individualise", run.path, "--data", "none.csv", "--target", 3.3)
    assert (refused.code, "has no mechanism" in refused.err) == (2, True)


def test_data_are_shown_with_figures(tmp_path: Path, cli: Cli) -> None:
    output = tmp_path / "figures"
    result = cli("data", "show", "--system", "pkpd", "--output", output)
    assert (result.code, result.err) == (0, "")
    for words in ("756", "1200", "76.33", "51 58.8 70.5 88 100", "0: 24, 1: 24", "CC0-1.0"):
        assert words in result.out
    expected = {"biomarker.png", "concentration.png", "covariates.png"}
    assert {path.name for path in output.glob("*.png")} == expected
    assert load_trial(str(output)).digest() == load_trial().digest()
    refused = cli("data", "show", "--system", "pkpd", "--output", output)
    assert refused.code == 2
    refused = cli("data", "show", "--output", tmp_path / "other")
    assert (refused.code, "draws no figures" in refused.err) == (2, True)


def test_another_drug(write: Write, tmp_path: Path, cli: Cli) -> None:
    """Twice a day, micrograms, other covariates and times, values below quantification, a rise."""
    path = write(other_trial(np.random.default_rng(5)), {"units": OTHER_UNITS, "name": "drug X"})
    shown = cli("data", "show", "--system", "pkpd", "--data", path)
    assert (shown.code, shown.err) == (0, "")
    for words in ("drug X", "12", "U/L", "below quantification", "CRCL", "0.12", "0.06"):
        assert words in shown.out
    trial = load_trial(str(path))
    assert trial.covariates == ("AGE", "BW", "CRCL")
    assert np.unique(trial.dose_levels()) == pytest.approx([0, 0.02, 0.06, 0.12])
    assert trial.subjects[3].doses.times.tolist() == [0, 12, 24, 36, 48, 60]
    below = [each.observations[CONCENTRATION].below for each in trial.subjects]
    assert np.concatenate(below).sum() > 5
    marker = trial.subjects[3].observations[BIOMARKER].values  # noqa: PD011  # no data frame
    assert marker[-1] > 1.5 * marker[0]
    refused = cli("train-pkpd", "--model", "mlp", "--data", path, "--output", tmp_path / "run")
    assert refused.code == 2
    assert "below the limit of quantification" in refused.err
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_another_drug_without_limits_trains(write: Write, tmp_path: Path, cli: Cli) -> None:
    table = other_trial(np.random.default_rng(5))
    path = write(table[table["CENS"] == 0].drop(columns="CENS"), {"units": OTHER_UNITS})
    output = tmp_path / "run"
    result = cli("train-pkpd", "--model", "mlp", "--data", path, "--epochs", 3, "--threads", 1,
                 "--fold", 2, "--output", output)  # fmt: skip
    assert result.code == 0, result.err
    metrics = read_json(output / "metrics.json")
    assert metrics["test"]["n_subjects"] == 3
    assert metrics["test"]["pd_rmse_scaled"] > 0
    assert "5 placebo, 5 on 0.02 mg" in result.out


BAD: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a dose row without amount": lambda t: t.assign(AMT=0),
    "a concentration before any dose": lambda t: t.assign(TIME=t["TIME"] + 2.0 * t["EVID"]),
    "a subject with one row": lambda t: t.drop(index=[1, 2]),
    "two units": lambda t: t.assign(UNIT=["a", "b"] * 8 + ["a"]),
    "duplicated times": lambda t: pd.concat([t, t.iloc[[6]]]),
    "text": lambda t: t.assign(DV=t["DV"].astype(object).where(t.index != 6, "high")),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_table_is_one_line(fault: str, write: Write, tmp_path: Path, cli: Cli) -> None:
    path = write(BAD[fault](table_of_three()))
    for command in (("train-pkpd", "--model", "mlp"), ("data", "show", "--system", "pkpd")):
        result = cli(*command, "--data", path, "--output", tmp_path / "run")
        assert result.code == 2
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
        assert ", column " in result.err
        assert ": row " in result.err
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--model", "mpl"), "did you mean 'mlp'"),
        (("--split", "lco"), "choose one of fold, random, seed42"),
        (("--split", "seed42", "--fold", 1), "--fold belongs to --split fold"),
        (("--fold", 12), "the trial has 12 folds, 0 to 11"),
        (("--data", "nowhere.csv"), "nowhere.csv: no such file"),
        (("--head", "quantom"), "did you mean 'quantum'"),
    ],
)
def test_a_wrong_option_is_one_line(
    words: tuple[object, ...], message: str, tmp_path: Path, cli: Cli
) -> None:
    result = cli("train-pkpd", *words, "--output", tmp_path / "run")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert message in result.err
    assert not (tmp_path / "run").exists()
