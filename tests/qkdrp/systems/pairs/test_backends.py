"""A small run of pairs on every backend: exact, noisy, by trajectories, and on the service."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from qkdrp.runs.train import train
from qkdrp.systems.pairs.config import PairsConfig
from tests.qkdrp.conftest import CliResult, read_json
from tests.qkdrp.hardware import EVALUATE, check_refused, end_all
from tests.runtime_server import RuntimeServer

Cli = Callable[..., CliResult]

DEPOLARIZING = ("--backend", "aer_noisy", "--noise", "depolarizing:p1=1e-3,p2=1e-2,readout=0.02")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = PairsConfig.make(
        data={"train_size": 60, "test_size": 20},
        model={
            "n_qubits": 4,
            "n_encoding": 4,
            "n_variational": 1,
            "bridge": "linear",
            "normalisation": "moderated",
        },
        fit={"epochs": 1, "batch_size": 32},
        threads=1,
    )
    trained, _ = train(config, tmp_path_factory.mktemp("pairs") / "run")
    return trained.path


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def evaluated(cli: Cli, run: Path, output: Path, *options: object) -> pd.DataFrame:
    result = cli("evaluate", run, *options, "--threads", 1, "--output", output)
    assert result.code == 0, result.err
    return pd.read_csv(output / "predictions.csv")


@pytest.mark.parametrize("backend", ["statevector", "aer_exact"])
def test_exact_backends_agree(backend: str, run: Path, cli: Cli, tmp_path: Path) -> None:
    evaluated(cli, run, tmp_path / "out", "--backend", backend)
    assert read_json(tmp_path / "out" / "metrics.json")["largest_prediction_shift"] < 1e-6


def test_trajectories_agree_with_density_matrices(run: Path, cli: Cli, tmp_path: Path) -> None:
    """The readout is linear: the spread of predictions is that of the values times its slope."""
    density = evaluated(cli, run, tmp_path / "density", *DEPOLARIZING)
    pauli = evaluated(cli, run, tmp_path / "pauli", *DEPOLARIZING, "--method", "pauli_trajectories")
    (circuit,) = read_json(tmp_path / "pauli" / "metrics.json")["noise"]["circuits"]
    assert (circuit["method"], circuit["trajectories"]) == ("pauli_trajectories", 128)
    values = pd.read_csv(tmp_path / "pauli" / "noisy_values.csv")
    assert len(values) == len(pauli) == 20
    assert circuit["standard_error"] == pytest.approx((values["standard_error"] ** 2).mean() ** 0.5)
    spread = (pauli["prediction"] - density["prediction"]).abs()
    steps = pauli["prediction"].diff()[1:] / values["value"].diff()[1:]
    slope = steps.abs().median()
    assert (spread < 5 * slope * values["standard_error"] + 1e-6).all()
    assert not (tmp_path / "density" / "noisy_values.csv").exists()


def test_the_same_seed_gives_the_same_and_a_twirl_is_told(
    run: Path, cli: Cli, tmp_path: Path
) -> None:
    how = ("--backend", "aer_noisy", "--noise", "fake_manila", "--method", "pauli_trajectories")
    found = [evaluated(cli, run, tmp_path / name, *how, "--seed", 3) for name in "ab"]
    pd.testing.assert_frame_equal(*found)
    other = evaluated(cli, run, tmp_path / "c", *how, "--seed", 4)
    assert (other["prediction"] != found[0]["prediction"]).any()
    assert "their twirl" in read_json(tmp_path / "a" / "metrics.json")["noise"]["notes"][0]


def test_it_runs_on_the_service(run: Path, cli: Cli, ibm: RuntimeServer, tmp_path: Path) -> None:
    ibm.queue_seconds = 600  # the job has not ended before the client looks
    result = cli("evaluate", run, *EVALUATE, "--no-wait", "--output", tmp_path / "out")
    assert result.code == 0, result.err
    assert "submitted" in result.out
    assert "evaluate" in cli("jobs", "list").out or "ibm_manila" in cli("jobs", "list").out
    end_all(ibm)
    result = cli("jobs", "continue", 1)
    assert result.code == 0, result.err
    metrics = read_json(tmp_path / "out" / "metrics.json")
    assert metrics["not_predicted"] == 0
    assert len(ibm.jobs) == 1


def test_a_circuit_that_no_device_holds_is_refused_before_any_job(
    run: Path, cli: Cli, ibm: RuntimeServer, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    result = cli("evaluate", run, *EVALUATE, "--min-success", 0.97, "--output", output)
    check_refused(result, "(4,4,1) single ring has an estimated success of", "nothing is sent")
    assert not ibm.jobs
    assert not output.exists()
    previewed = cli("evaluate", run, *EVALUATE, "--min-success", 0.97, "--dry-run")
    assert previewed.code == 0, previewed.err
    assert "nothing is sent" in previewed.out + previewed.err
    assert not ibm.jobs
    result = cli("evaluate", run, *EVALUATE, "--min-success", 0, "--output", output)
    assert result.code == 0, result.err
    assert len(ibm.jobs) == 1


def test_what_a_device_can_hold_of_it(run: Path, cli: Cli, tmp_path: Path) -> None:
    result = cli("depth", "--run", run, "--devices", "fake_manila", "--seeds", 1,
                 "--recommend", "none", "--output", tmp_path / "depth")  # fmt: skip
    assert result.code == 0, result.err
    assert "(4,4,1) single ring" in result.out
    assert (tmp_path / "depth" / "report.html").exists()
    json.loads((tmp_path / "depth" / "depth.json").read_text())


WITHOUT_EXTRA = """
import sys
from importlib.machinery import PathFinder

class Others(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in {"rdkit", "torch_geometric"}:
            return None
        return super().find_spec(name, path, target)

sys.meta_path = [Others if each is PathFinder else each for each in sys.meta_path]
import qkdrp
from qkdrp.cli import main

run, out = sys.argv[1:]
train = ["train", "--epochs", "1", "--backend", "statevector", "--threads", "1", "--output", out]
for words in (["--help"], train, ["evaluate", out, "--threads", "1"], ["train-pairs"],
              ["data", "show", "--system", "pairs"], ["evaluate", run], ["explain", run],
              ["predict", run], ["validate", run, "--data", run]):
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code
    print(f"code {words[0]} {code or 0}", file=sys.stderr)
"""
"""Runs commands where the packages of the extra ``graph`` are not to be found."""


def test_without_the_extra_all_else_works_and_one_line_names_it(run: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_EXTRA, str(run), str(tmp_path / "response")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path
    )  # our own
    lines = [line for line in done.stderr.splitlines() if line.startswith(("code", "error"))]
    named = "error: The system pairs needs RDKit and PyTorch Geometric: pip install 'qkdrp[graph]'."
    commands = ("train-pairs", "data", "evaluate", "explain", "predict", "validate")
    refused = [(named, f"code {command} 2") for command in commands]
    assert lines[:3] == ["code --help 0", "code train 0", "code evaluate 0"]
    assert lines[3:] == [line for pair in refused for line in pair]
    assert not list(tmp_path.glob("predictions*"))
