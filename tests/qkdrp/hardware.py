"""What tests of jobs on hardware share."""

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.qkdrp.conftest import CliResult, read_json
from tests.runtime_server import RuntimeServer

SHOTS = 256
EVALUATE = ("--backend", "ibm_runtime", "--device", "ibm_manila", "--shots", SHOTS)

Cli = Callable[..., CliResult]


def check_complete(run: Path, name: str = "ibm_runtime") -> dict[str, object]:
    """Check the folder of an evaluation, and that it says where its values come from."""
    folder = run / "evaluations" / name
    assert {path.name for path in folder.iterdir()} == {
        "predictions.csv",
        "metrics.json",
        "job.json",
        "expectations.csv",
        "prepared.qpy",
        "prepared.json",
    }
    hardware = read_json(folder / "metrics.json")["hardware"]
    job = read_json(folder / "job.json")
    assert hardware["evaluations"][0]["jobs"] == job["jobs"]
    assert job["calibrated"].startswith("2024-")
    assert job["options"]["shots"] == SHOTS
    assert set(job["versions"]) >= {"qiskit", "qiskit-ibm-runtime"}
    assert read_json(folder / "prepared.json")["physical_qubits"]
    values = pd.read_csv(folder / "expectations.csv")
    rows = len(pd.read_csv(folder / "predictions.csv"))
    assert len(values) == 2 * rows
    assert (values["standard_error"] <= SHOTS**-0.5 + 1e-9).all()
    return job


def check_refused(result: CliResult, *parts: str) -> None:
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    assert all(part in result.err for part in parts), result.err


def collect_at_last(cli: Cli) -> CliResult:
    """Collect again until the server, which computes while tests go on, has done its part."""
    deadline = time.monotonic() + 60
    while True:
        result = cli("jobs", "collect")
        if "has not ended" not in result.out or time.monotonic() > deadline:
            return result


def end_all(server: RuntimeServer) -> None:
    """Let all jobs end, and wait until the server has computed their results."""
    server.pace = 10**6
    for job in server.jobs.values():
        if job.result is not None:
            job.result.result()
