"""Predictions for new samples on hardware: paid for once, collected later."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.backends.runtime.ledger import Ledger
from tests.qkdrp.conftest import CliResult, Trained, read_json
from tests.qkdrp.hardware import EVALUATE, collect_at_last, end_all
from tests.runtime_server import RuntimeServer

Cli = Callable[..., CliResult]
N_SAMPLES = 5


@pytest.fixture
def samples(trained: Trained, tmp_path: Path) -> Path:
    frame = pd.read_csv(trained.data / "expression.csv").head(N_SAMPLES)
    frame.to_csv(tmp_path / "new.csv", index=False)
    return tmp_path / "new.csv"


def test_a_dry_run_sends_nothing(
    ibm: RuntimeServer, book: Ledger, run: Path, samples: Path, tmp_path: Path, cli: Cli
) -> None:
    asked = ("predict", run, "--data", samples, "--output", tmp_path / "p.csv", *EVALUATE)
    result = cli(*asked, "--dry-run")
    assert result.code == 0, result.err
    assert f"evaluation of {N_SAMPLES} samples" in result.out
    assert "dry run: nothing was submitted" in result.out
    assert not ibm.jobs
    assert not (tmp_path / "p.csv").exists()


def test_predictions_come_from_a_device(
    ibm: RuntimeServer, book: Ledger, run: Path, samples: Path, tmp_path: Path, cli: Cli
) -> None:
    asked = ("predict", run, "--data", samples, "--output", tmp_path / "p.csv", *EVALUATE)
    result = cli(*asked)
    assert result.code == 0, result.err
    assert result.out.index("pays     instance") < result.out.index("samples  ")
    assert len(ibm.jobs) == 1
    table = pd.read_csv(tmp_path / "p.csv")
    exact = tmp_path / "exact.csv"
    assert cli("predict", run, "--data", samples, "--output", exact).code == 0
    shift = (table["label"] - pd.read_csv(exact)["label"]).abs()
    assert 0 < shift.max() < 1
    record = read_json(tmp_path / "p.json")
    assert record["hardware"]["evaluations"][0]["jobs"]
    assert {"job.json", "expectations.csv", "metrics.json"} <= {
        path.name for path in (tmp_path / "p-files").iterdir()
    }
    for path in tmp_path.glob("p.*"):
        path.unlink()
    assert cli(*asked).code == 0  # attaches
    assert len(ibm.jobs) == 1
    np.testing.assert_allclose(pd.read_csv(tmp_path / "p.csv")["label"], table["label"])


def test_jobs_collect_completes_predictions(
    ibm: RuntimeServer, book: Ledger, run: Path, samples: Path, tmp_path: Path, cli: Cli
) -> None:
    ibm.queue_seconds = 600
    asked = ("predict", run, "--data", samples, "--output", tmp_path / "p.csv", *EVALUATE)
    result = cli(*asked, "--no-wait")
    assert result.code == 0, result.err
    assert result.out.splitlines()[-1].startswith("submitted: ")
    assert not (tmp_path / "p.csv").exists()
    end_all(ibm)
    collected = collect_at_last(cli)
    assert collected.code == 0, collected.out + collected.err
    assert f"collected: {tmp_path / 'p-files'}" in collected.out
    assert len(pd.read_csv(tmp_path / "p.csv")) == N_SAMPLES
    assert "data:image/png" in (tmp_path / "p.html").read_text()
    assert cli("jobs", "collect").out.strip() == "nothing to collect"


def test_several_runs_are_sent_together_and_taken_by_the_same_command(
    ibm: RuntimeServer, book: Ledger, run: Path, trained: Trained, samples: Path,
    tmp_path: Path, cli: Cli,
) -> None:  # fmt: skip
    metrics = read_json(run / "metrics.json")
    (run / "metrics.json").write_text(json.dumps(metrics | {"drug": "DrugB"}))
    copy = tmp_path / "other"
    run.rename(copy)
    ibm.queue_seconds = 600
    output = ("--output", tmp_path / "p.csv")
    asked = ("predict", trained.run, copy, "--data", samples, *output, *EVALUATE)
    result = cli(*asked, "--no-wait")
    assert result.code == 0, result.err
    assert "Give the same command again" in result.out
    end_all(ibm)
    sent = len(ibm.jobs)
    assert "give the same qkdrp predict again" in collect_at_last(cli).out
    result = cli(*asked)
    assert result.code == 0, result.err
    assert len(ibm.jobs) == sent
    assert len(pd.read_csv(tmp_path / "p.csv")) == 2 * N_SAMPLES
