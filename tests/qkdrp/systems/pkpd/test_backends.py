"""A grey box with a quantum head on every backend: exact, noisy, on the service, and its dose."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from qkdrp.runs.train import train
from qkdrp.systems.pkpd import baselines
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.population import figures
from tests.qkdrp.conftest import CliResult, read_json
from tests.qkdrp.hardware import EVALUATE, end_all
from tests.runtime_server import RuntimeServer

Cli = Callable[..., CliResult]

NOISY = ("--backend", "aer_noisy", "--noise", "depolarizing:p1=1e-3,p2=1e-2,readout=0.02")


@pytest.fixture(scope="module")
def run(drug_x: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    config = PkpdConfig.make(
        data={"source": str(drug_x)},
        model={"model": "greybox", "head": "quantum", "structure": "1-III"},
        fit={"epochs": 5, "lr": 0.05},
        threads=1,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "N_TREES", 10)
        patch.setattr(figures, "N_TRIALS", 10)
        trained, _ = train(config, tmp_path_factory.mktemp("grey") / "run")
        yield trained.path


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def evaluated(cli: Cli, run: Path, output: Path, *options: object) -> pd.DataFrame:
    result = cli("evaluate", run, *options, "--threads", 1, "--output", output)
    assert result.code == 0, result.err
    return pd.read_csv(output / "predictions.csv")


def test_exact_backends_agree_and_noise_moves(run: Path, cli: Cli, tmp_path: Path) -> None:
    for backend in ("statevector", "aer_exact"):
        evaluated(cli, run, tmp_path / backend, "--backend", backend)
        found = read_json(tmp_path / backend / "metrics.json")
        assert found["largest_prediction_shift"] < 1e-6
    evaluated(cli, run, tmp_path / "noisy", *NOISY)
    noisy = read_json(tmp_path / "noisy" / "metrics.json")
    assert noisy["largest_prediction_shift"] > 1e-6
    shots = evaluated(cli, run, tmp_path / "shots", *NOISY, "--shots", 100)
    assert shots["prediction"].notna().all()


def test_it_runs_on_the_service(run: Path, cli: Cli, ibm: RuntimeServer, tmp_path: Path) -> None:
    ibm.queue_seconds = 600  # the job has not ended before the client looks
    result = cli("evaluate", run, *EVALUATE, "--no-wait", "--output", tmp_path / "out")
    assert result.code == 0, result.err
    assert "submitted" in result.out
    end_all(ibm)
    result = cli("jobs", "continue", 1)
    assert result.code == 0, result.err
    assert read_json(tmp_path / "out" / "metrics.json")["not_predicted"] == 0
    assert len(ibm.jobs) == 1


def test_what_a_device_can_hold_of_it(run: Path, cli: Cli, tmp_path: Path) -> None:
    result = cli("depth", "--run", run, "--devices", "fake_manila", "--seeds", 1,
                 "--recommend", "none", "--output", tmp_path / "depth")  # fmt: skip
    assert result.code == 0, result.err
    assert (tmp_path / "depth" / "report.html").exists()


def test_it_gives_a_dose_and_says_that_it_has_no_interval(
    run: Path, cli: Cli, tmp_path: Path
) -> None:
    result = cli("dose", run, "--target", 45, "--direction", "above", "--interval", 12,
                 "--subjects", 256,
                 "--output", tmp_path / "dose")  # fmt: skip
    assert result.code == 0, result.err
    assert "no interval: a grey box has no refits" in result.out
    assert "For research, not for treatment." in result.out
    assert read_json(tmp_path / "dose" / "dose.json")["grid"] == 0.02
