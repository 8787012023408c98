import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.cli import main
from qkdrp.runs.train import prepare, train
from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data import Cohort

if TYPE_CHECKING:
    from qkdrp.backends.runtime.ledger import Ledger
    from tests.runtime_server import RuntimeServer

DRUGS = ("DrugA", "DrugB")
N_SAMPLES, N_GENES = 60, 15
RESPONDER_SHARE = 0.4

RUN_FILES = {
    "README.md",
    "config.json",
    "split.csv",
    "history.csv",
    "metrics.json",
    "model.safetensors",
    "test_rows.safetensors",
    "reference.safetensors",
    "circuit.qpy",
    "predictions.csv",
    "figures",
    "figures/predictions.png",
    "figures/embedding.png",
    "figures/learning_curve.png",
}

FILES_OF_A_COMMAND = RUN_FILES | {"report.html"}
"""What commands leave: they write the page of the run, too."""


@dataclass
class Tables:
    """An expression and a response table that a test may spoil before it writes them."""

    expression: pd.DataFrame
    response: pd.DataFrame

    def write(self, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        self.expression.to_csv(folder / "expression.csv", index=False)
        self.response.to_csv(folder / "response.csv", index=False)
        return folder


def make_tables(n_samples: int = N_SAMPLES, n_genes: int = N_GENES) -> Tables:
    rng = np.random.default_rng(7)
    values = rng.normal(5.0, 1.0, (n_samples, n_genes)).round(3)
    samples = [f"C{index:03d}" for index in range(n_samples)]
    expression = pd.DataFrame(values, columns=[f"GENE{index}" for index in range(n_genes)])
    expression.insert(0, "sample", samples)
    parts = []
    for column, drug in enumerate(DRUGS):
        ln_ic50 = values[:, column] - values[:, column + 1] + rng.normal(0.0, 0.5, n_samples)
        letter = np.where(ln_ic50 <= np.quantile(ln_ic50, RESPONDER_SHARE), "S", "R")
        parts.append(
            pd.DataFrame(
                {
                    "sample": samples,
                    "drug": drug,
                    "ln_ic50": ln_ic50.round(4),
                    "response": letter,
                }
            )
        )
    return Tables(expression, pd.concat(parts, ignore_index=True))


def make_cohort(n_samples: int = N_SAMPLES, n_genes: int = N_GENES, seed: int = 0) -> Cohort:
    rng = np.random.default_rng(seed)
    expression = rng.normal(5.0, 1.0, (n_samples, n_genes)).astype(np.float32)
    ln_ic50 = expression[:, 0].astype(float) + rng.normal(0.0, 0.5, n_samples)
    return Cohort(
        drug="DrugA",
        samples=np.array([f"C{index:03d}" for index in range(n_samples)]),
        genes=np.array([f"GENE{index}" for index in range(n_genes)]),
        expression=expression,
        ln_ic50=ln_ic50,
        responder=ln_ic50 <= np.quantile(ln_ic50, RESPONDER_SHARE),
        standardised=False,
        synthetic=False,
        provenance="made for a test",
    )


def write_moli(folder: Path, partners: dict[str, tuple[str, ...]], *, comma: bool = False) -> Path:
    """Write MOLI's layout, genes in rows; each partner's copy is shifted so as to tell it apart."""
    tables = make_tables()
    values = tables.expression.drop(columns="sample").T
    values.index = pd.Index([f"{1000 + index}" for index in range(len(values))])
    values.columns = pd.Index([f"{683665 + index}" for index in range(values.shape[1])])
    decimal = "," if comma else "."
    (folder / "response").mkdir(parents=True)
    (folder / "exprs_homogenized").mkdir()
    for position, (drug, cohorts) in enumerate(partners.items()):
        rows = tables.response[tables.response["drug"] == DRUGS[position % len(DRUGS)]]
        response = pd.DataFrame(
            {
                "response": rows["response"].to_numpy(),
                "logIC50": rows["ln_ic50"].to_numpy(),
                "drug": drug,
            },
            index=pd.Index(values.columns, name="sample_name"),
        )
        path = folder / "response" / f"GDSC_response.{drug}.tsv"
        response.to_csv(path, sep="\t", decimal=decimal)
        for partner in cohorts:
            name = f"GDSC_exprs.{drug}.eb_with.{partner}_exprs.{drug}.tsv"
            shifted = (values + (100.0 if partner == "PDX" else 0.0)).round(3)
            shifted.to_csv(folder / "exprs_homogenized" / name, sep="\t", decimal=decimal)
    return folder


def small_config(
    source: Path | str, *, backend: str = "statevector", seed: int = 0, **changes: Any
) -> TrainConfig:
    """Return the settings of a training of a second; changes are of model or fit."""
    model: dict[str, Any] = {"n_qubits": 2, "n_encoding": 1}
    fit: dict[str, Any] = {"epochs": 2, "batch_size": 16, "lr": 1e-3}
    for name, value in changes.items():
        (fit if name in {"epochs", "batch_size", "lr", "patience"} else model)[name] = value
    drug = None if source == "synthetic" else DRUGS[0]
    return TrainConfig.make(
        data={"source": str(source), "drug": drug},
        model=model,
        fit=fit,
        backend=backend,
        seed=seed,
        threads=1,
    )


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Return what a folder holds, for comparison."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@dataclass(frozen=True)
class CliResult:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., CliResult]:
    """Run the command line in this process; what it prints does not depend on how fast that is."""
    monkeypatch.setattr("qkdrp.experiments.study.steps.FIRST_SECONDS", 3600.0)

    def run(*arguments: object) -> CliResult:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return CliResult(int(caught.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A valid folder of tables, two drugs."""
    return make_tables().write(tmp_path / "data")


@pytest.fixture
def moli_folder(tmp_path: Path) -> Path:
    """A valid folder in MOLI's layout; Gemcitabine comes with both partners."""
    partners = {"Cetuximab": ("PDX",), "Gemcitabine": ("TCGA", "PDX")}
    return write_moli(tmp_path / "moli", partners)


@pytest.fixture
def cohort() -> Cohort:
    return make_cohort()


@dataclass(frozen=True)
class Trained:
    """A finished run and the data it was trained on; copy before you spoil it."""

    run: Path
    data: Path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    base = tmp_path_factory.mktemp("trained")
    data = make_tables().write(base / "data")
    train(prepare(small_config(data)), base / "run")
    return Trained(base / "run", data)


@pytest.fixture
def run(trained: Trained, tmp_path: Path) -> Path:
    """A copy of a trained run."""
    return Path(shutil.copytree(trained.run, tmp_path / "run"))


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Ledger":
    """The ledger of the user's data folder."""
    from qkdrp.backends.runtime.ledger import Ledger

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return Ledger()


@pytest.fixture
def queued(ibm: "RuntimeServer", book: "Ledger", cli: Callable[..., CliResult], run: Path) -> str:
    """The id of a job that is queued, for the run."""
    from tests.qkdrp.hardware import EVALUATE

    ibm.queue_seconds = 600
    assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
    (job,) = ibm.jobs
    return job
