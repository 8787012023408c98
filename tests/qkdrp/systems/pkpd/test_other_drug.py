"""Another drug from table to dose: other covariates, units and times; a biomarker that rises."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from qkdrp.common.files import write_json
from qkdrp.runs.train import train
from qkdrp.systems.pkpd import baselines
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.population import figures
from qkdrp.systems.pkpd.population.alternation import Batch, alternate
from qkdrp.systems.pkpd.population.marginal import Theta
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.specification import Specification
from tests.qkdrp.conftest import CliResult, read_json
from tests.qkdrp.systems.pkpd.other_drug import SAID, STRUCTURE, TRUTH, censored, other_drug

Cli = Callable[..., CliResult]

ASK = ("--target", 45, "--direction", "above", "--interval", 12)


@pytest.fixture(scope="module")
def run(drug_x: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    config = PkpdConfig.make(
        data={"source": str(drug_x)}, model={"structure": "1-III", "refits": 2}, threads=1
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "N_TREES", 10)
        patch.setattr(figures, "N_TRIALS", 20)
        trained, _ = train(config, tmp_path_factory.mktemp("runs") / "run")
        yield trained.path


def test_values_below_the_limit_are_shown_in_its_own_words(drug_x: Path, cli: Cli) -> None:
    result = cli("data", "show", "--system", "pkpd", "--data", drug_x)
    assert result.code == 0, result.err
    assert "concentration below quantification" in result.out
    assert "mU/L" in result.out


def test_dose_in_steps_of_the_trial(run: Path, cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "dose"
    words = ("--population", "age=50 sex=0", "--subjects", 256, "--fraction", 0.8)
    result = cli("dose", run, *ASK, *words, "--output", folder)
    assert result.code == 0, result.err
    assert "For research, not for treatment." in result.out
    record = read_json(folder / "dose.json")
    assert record["grid"] == 0.02  # mg: half of 60 micrograms is 30
    assert 0.02 < record["dose"] < 0.54
    assert record["population"]["covariates"]["SEX"] == "0"
    assert record["criterion"]["direction"] == "above"


def test_a_patient_is_read_in_the_units_of_the_run(
    run: Path, drug_x: Path, cli: Cli, tmp_path: Path
) -> None:
    """Micrograms that are read as milligrams would be a dose a thousand times too high."""
    table = pd.read_csv(drug_x)
    patient = table[(table["SUBJECT"] == "X10") & (table["DAY"] <= 1.5)]
    rows = pd.concat([patient[patient["EVID"] == 1], patient[patient["EVID"] == 0].iloc[:3]])
    found = []
    for name in ("without", "with"):
        (tmp_path / name).mkdir()
        rows.to_csv(tmp_path / name / "patient.csv", index=False)
        if name == "with":
            shutil.copy(drug_x.with_name("trial.json"), tmp_path / name)
        result = cli("individualise", run, "--data", tmp_path / name / "patient.csv", *ASK,
                     "--output", tmp_path / f"dose-{name}")  # fmt: skip
        assert result.code == 0, result.err
        assert ("no trial.json beside" in result.err + result.out) == (name == "without")
        found.append(json.loads((tmp_path / f"dose-{name}" / "individual.json").read_text()))
    assert found[0] == found[1]
    (one,) = found[0]["patients"]
    assert (tmp_path / "dose-with" / one["figure"]).read_bytes().startswith(b"\x89PNG")
    assert one["n_samples"] == 3
    assert 0.001 < one["low"] <= one["middle"] <= one["high"] < 2
    result = cli("predict", run, "--data", tmp_path / "without" / "patient.csv", "--output",
                 tmp_path / "predictions.csv")  # fmt: skip
    assert result.code == 0, result.err
    doses = pd.read_csv(tmp_path / "predictions.csv").query("EVID == 1")["AMT"]
    assert set(doses) <= {0.06, 0.18, 0.54}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", 0), "target is a number above 0"),
        (("--target", 9, "--certainty", 90), "certainty is between 0 and 1"),
        (("--target", 9, "--grid", 0), "grid is a number above 0"),
    ],
)
def test_what_a_patient_cannot_be_asked(
    run: Path, drug_x: Path, cli: Cli, tmp_path: Path, options: tuple[object, ...], message: str
) -> None:
    folder = tmp_path / "dose"
    result = cli("individualise", run, "--data", drug_x, *options, "--output", folder)
    assert (result.code, folder.exists()) == (2, False)
    assert message in result.err


def test_scores_of_small_numbers_are_told(run: Path, cli: Cli) -> None:
    result = cli("evaluate", run, "--backend", "statevector")
    assert result.code == 0, result.err
    row = next(line for line in result.out.splitlines() if line.strip().startswith("PK RMSE  "))
    assert "0.000 " not in row
    check = pd.read_csv(run / "figures" / "predictive_check.csv")
    drug = check[check["endpoint"] == "concentration"]
    assert drug[["low", "observed"]].min().min() == pytest.approx(0.25e-3)  # the limit, mg/L
    assert read_json(run / "metrics.json")["loss_still_falling"] is False


def estimates(table: pd.DataFrame, folder: Path) -> np.ndarray:
    """Return logarithms of clearance and volume, fitted from the true values on."""
    table.to_csv(folder / "trial.csv", index=False)
    write_json(folder / "trial.json", dict(SAID))
    material = Material.of_trial(load_trial(str(folder / "trial.csv")))
    specification = Specification(STRUCTURE, material.covariates, (), STRUCTURE.parameters)
    n = len(material.panel)
    start = Theta(
        STRUCTURE.to_log(TRUTH)[None],
        torch.full((1, len(STRUCTURE.parameters)), -1.2, dtype=torch.float64),
        torch.full((1, 2), -1.5, dtype=torch.float64),
    )
    weights, design = torch.ones(1, n, dtype=torch.float64), specification.design({}, n)
    found = alternate(Batch(STRUCTURE, material.panel, weights, design), start, None, rounds=8)
    names = list(STRUCTURE.parameters)
    beta: np.ndarray = found.theta.beta[0].numpy()
    return beta[[names.index("CL"), names.index("V")]]


def test_a_fit_to_censored_values_is_nearer_to_that_of_all_values(tmp_path: Path) -> None:
    table = other_drug(2, {0: 3, 60: 6, 180: 6, 540: 6})
    assert 0.15 < table.loc[table["DVID"] == "cp", "low"].mean() < 0.4
    known = estimates(table.drop(columns="low"), tmp_path)
    modelled = estimates(censored(table), tmp_path)
    dropped = estimates(table[~table["low"]].drop(columns="low"), tmp_path)
    assert np.abs(modelled - known).max() < 0.5 * np.abs(dropped - known).max()
