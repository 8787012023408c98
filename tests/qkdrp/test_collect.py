import json
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from qiskit.primitives import DataBin, PrimitiveResult, PubResult
from qiskit_ibm_runtime.json import RuntimeDecoder, RuntimeEncoder

from qkdrp.backends.runtime import evaluation_record, job_collection
from qkdrp.backends.runtime.ledger import Ledger
from tests.qkdrp.conftest import read_json
from tests.qkdrp.hardware import (
    EVALUATE,
    SHOTS,
    Cli,
    check_complete,
    check_refused,
    end_all,
)
from tests.runtime_jobs import Job
from tests.runtime_server import RuntimeServer

STORED = Path(__file__).parent / "stored"
LEGACY = (*EVALUATE, "--runtime-estimator", "legacy")


def altered(change: Callable[[np.ndarray, np.ndarray], None]) -> Callable[[str], str]:
    """Return what changes values and standard errors in a result of the legacy estimator."""

    def tamper(text: str) -> str:
        data = json.loads(text, cls=RuntimeDecoder)[0].data
        evs, stds = np.array(data.evs, float), np.array(data.stds, float)
        change(evs, stds)
        pub = PubResult(DataBin(evs=evs, stds=stds, shape=evs.shape))
        return json.dumps(PrimitiveResult([pub]), cls=RuntimeEncoder)

    return tamper


def test_a_job_that_an_earlier_version_queued_is_collected_without_a_post(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The angles depend on the machine that trained the run: take those of this one.
    with monkeypatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(run.parent / "another"))
        assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
        points = Ledger().evaluations()[0].points
    shutil.rmtree(run / "evaluations")
    ibm.reset()

    queued = read_json(STORED / "job.json")
    job = Job(queued["id"], queued["body"], ready=0.0, result=Future())
    job.result.set_result((STORED / "answer.json").read_text())
    ibm.jobs[job.id] = job
    book.path.unlink()
    with sqlite3.connect(book.path) as database:
        database.executescript((STORED / "ledger.sql").read_text().replace("@RUN@", str(run)))
        database.execute("UPDATE evaluations SET points = ?", (points,))
    database.close()
    # Another version computes another digest of the same circuit.
    monkeypatch.setattr(evaluation_record, "pqc_digest", lambda *_: "another")

    result = cli("jobs", "collect")
    assert result.code == 0, result.out
    assert ibm.count("POST", "/jobs") == ibm.count("POST", "/sessions") == 0
    assert check_complete(run)["evaluation"] == 1
    assert book.find("1").state == "collected"


@pytest.mark.parametrize("by_id", [False, True])
def test_commands_act_on_the_attempt_that_is_named(
    ibm: RuntimeServer, queued: str, cli: Cli, run: Path, tmp_path: Path, by_id: bool
) -> None:
    ibm.queue_seconds = 0
    again = ("--resubmit", "--no-wait", "--output", tmp_path / "second")
    assert cli("evaluate", run, *EVALUATE, *again).code == 0
    first, second = ibm.jobs
    assert first == queued
    assert cli("jobs", "cancel", first if by_id else 1).code == 0
    assert [job.outcome for job in ibm.jobs.values()] == ["Cancelled", "Completed"]
    check_refused(cli("jobs", "wait", first if by_id else 1), f"Job {first} was cancelled")
    result = cli("jobs", "collect", first if by_id else 1)
    assert result.code == 1
    assert f"Job {first} was cancelled" in result.out
    assert "done" in cli("jobs", "wait", second if by_id else 2).out
    assert cli("jobs", "collect", second if by_id else 2).code == 0
    assert read_json(tmp_path / "second" / "job.json")["jobs"][0]["id"] == second
    assert not (run / "evaluations" / "ibm_runtime" / "metrics.json").exists()
    assert ibm.count("POST", "/jobs") == 2


def test_a_device_that_was_retired_meanwhile_is_no_obstacle(
    ibm: RuntimeServer, queued: str, cli: Cli, run: Path
) -> None:
    ibm.retired = {"ibm_manila"}
    end_all(ibm)
    check_refused(cli("evaluate", run, *EVALUATE), "could not find device ibm_manila")
    assert "done" in cli("jobs", "wait", 1).out
    result = cli("jobs", "collect")
    assert result.code == 0, result.out
    assert result.err == ""
    check_complete(run)
    hardware = read_json(run / "evaluations" / "ibm_runtime" / "metrics.json")["hardware"]
    assert hardware["device"] == "ibm_manila"
    assert hardware["circuits"][0]["two_qubit_gates"] > 0
    assert ibm.count("POST", "/jobs") == 1


@pytest.mark.parametrize(
    ("outcome", "code", "state", "parts"),
    [
        ("Cancelled - Ran too long", 1517, "failed", ("ran too long", "--max-qpu-seconds was 60")),
        ("Cancelled", 1305, "failed", ("ran too long", "--max-qpu-seconds was 60", "1305; tired")),
        ("Cancelled - By an operator", 1517, "cancelled", ("was cancelled", "tired")),
        ("Failed - Device trouble", 1517, "failed", ("failed", "tired")),
    ],
)
def test_every_end_is_told_with_its_reason_only(
    ibm: RuntimeServer,
    book: Ledger,
    cli: Cli,
    run: Path,
    outcome: str,
    code: int,
    state: str,
    parts: tuple[str, ...],
) -> None:
    ibm.outcome, ibm.reason, ibm.reason_code = outcome, "tired", code
    ibm.wreckage = "raw " * 1000
    result = cli("evaluate", run, *EVALUATE)
    check_refused(result, *parts, "--resubmit")
    assert "raw raw" not in result.err
    assert len(result.err) < 600
    assert book.find("1").state == state


@pytest.mark.parametrize(
    ("wreckage", "reason"),
    [(None, ""), ("Traceback ...\n  line 1\nQiskitError: 'no such gate'\n", "no such gate")],
)
def test_a_job_that_failed_without_a_reason_is_told(
    ibm: RuntimeServer, queued: str, book: Ledger, cli: Cli, wreckage: str | None, reason: str
) -> None:
    ibm.jobs[queued].outcome, ibm.jobs[queued].result = "Failed", None
    ibm.wreckage = wreckage
    end_all(ibm)
    result = cli("jobs", "collect")
    assert result.code == 1
    assert "failed" in result.out
    assert reason in result.out
    assert "Traceback" not in result.out
    assert book.find("1").state == "failed"


def test_an_unknown_state_is_named(
    ibm: RuntimeServer, queued: str, book: Ledger, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is queued and has not ended" in cli("jobs", "collect").out
    ibm.jobs[queued].outcome, ibm.jobs[queued].result = "On hold", None
    end_all(ibm)
    assert "state 'ON HOLD', which this version does not know" in cli("jobs", "collect").out
    monkeypatch.setattr(job_collection, "UNKNOWN_SECONDS", 0.2)
    check_refused(cli("jobs", "wait", 1), "state 'ON HOLD'", "jobs collect 1")
    assert book.find("1").state == "submitted"


def test_a_device_under_maintenance_is_said_to_be(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    ibm.condition = {"state": False, "status": "maintenance"}
    result = cli("evaluate", run, *EVALUATE, "--dry-run")
    assert "ibm_manila (not active: maintenance), 0 jobs in the queue" in result.out


def test_what_is_not_finite_is_left_blank_and_the_rest_is_written(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    def change(evs: np.ndarray, stds: np.ndarray) -> None:
        stds[:, 1] = np.inf
        evs[0, 2] = np.nan

    ibm.tamper = altered(change)
    result = cli("evaluate", run, *LEGACY)
    assert result.code == 0, result.err
    folder = run / "evaluations" / "ibm_runtime"
    values = pd.read_csv(folder / "expectations.csv")
    assert values["standard_error"].isna().sum() == 2
    assert values[values["value"].isna()][["row", "observable"]].to_numpy().tolist() == [[2, 0]]
    predictions = pd.read_csv(folder / "predictions.csv")
    assert predictions["prediction"].isna().tolist() == [row == 2 for row in range(6)]
    metrics = read_json(folder / "metrics.json")
    assert metrics["not_predicted"] == 1
    assert metrics["test"]["n"] == 5
    assert metrics["hardware"]["notes"] == [
        "1 of 12 values are not finite and left blank",
        "2 of 12 standard errors are not finite and left blank",
    ]
    assert metrics["hardware"]["standard_error"] > 0
    assert "1 test samples have no finite values" in result.out
    assert book.find("1").state == "collected"
    # They may have been lost on the way: they were asked for twice, and paid for once.
    assert ibm.count("GET", r"/jobs/\w+/results") == 2
    assert ibm.count("POST", "/jobs") == 1


def test_results_without_any_finite_value_are_written(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    def change(evs: np.ndarray, stds: np.ndarray) -> None:
        evs[:], stds[:] = np.nan, np.inf

    ibm.tamper = altered(change)
    result = cli("evaluate", run, *LEGACY)
    assert result.code == 0, result.err
    assert "standard error of a value unknown" in result.out
    metrics = read_json(run / "evaluations" / "ibm_runtime" / "metrics.json")
    assert metrics["test"] is metrics["largest_prediction_shift"] is None


def test_a_result_of_another_shape_is_fetched_again_and_not_paid_again(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    wrong = PrimitiveResult([PubResult(DataBin(evs=np.ones(2), stds=np.ones(2), shape=(2,)))])
    ibm.tamper = lambda _text: json.dumps(wrong, cls=RuntimeEncoder)
    shape = "has values of shape (2,), expected (2, 6)"
    check_refused(cli("evaluate", run, *LEGACY), shape, "kept in the ledger", "jobs collect 1")
    assert book.find("1").state == "submitted"
    ibm.tamper = str
    assert cli("jobs", "collect").code == 0
    check_complete(run)
    assert ibm.count("POST", "/jobs") == 1


def test_a_result_that_was_kept_unchecked_is_fetched_again(
    ibm: RuntimeServer, queued: str, book: Ledger, cli: Cli, run: Path
) -> None:
    (job,) = book.find("1").jobs
    book.update(job.tag, state="done", result=json.dumps({"evs": [1.0], "stds": [0.1]}))
    end_all(ibm)
    assert cli("jobs", "collect").code == 0
    check_complete(run)


def test_an_answer_that_was_kept_is_read_when_the_service_forgot_the_job(
    ibm: RuntimeServer,
    queued: str,
    cli: Cli,
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end_all(ibm)
    with monkeypatch.context() as patch:
        patch.setattr(job_collection.JobCollection, "_keep", lambda *_, **__: None)
        assert cli("jobs", "wait", 1).code == 0
    del ibm.jobs[queued]
    assert cli("jobs", "collect").code == 0
    check_complete(run)


@pytest.fixture
def three_jobs(
    ibm: RuntimeServer,
    book: Ledger,
    cli: Cli,
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Job]:
    """Jobs of one evaluation, the second of which is done."""
    monkeypatch.setattr("qkdrp.backends.runtime.cost.MOST_EXECUTIONS", 2 * SHOTS)
    ibm.queue_seconds = 600
    assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
    jobs = list(ibm.jobs.values())
    assert len(jobs) == 3
    jobs[1].result.result()
    jobs[1].ready = 0.0
    return jobs


def test_all_that_can_be_cancelled_is(
    three_jobs: list[Job], ibm: RuntimeServer, book: Ledger, cli: Cli
) -> None:
    result = cli("jobs", "cancel", 1)
    assert result.code == 1
    assert f"Job {three_jobs[1].id} had ended already: qkdrp jobs collect 1" in result.out
    assert [job.outcome for job in three_jobs] == ["Cancelled", "Completed", "Cancelled"]
    assert [job.state for job in book.find("1").jobs] == ["cancelled", "submitted", "cancelled"]


def test_one_bad_job_keeps_no_other_from_being_fetched(
    three_jobs: list[Job], book: Ledger, cli: Cli
) -> None:
    three_jobs[0].outcome, three_jobs[0].result, three_jobs[0].ready = "Failed", None, 0.0
    result = cli("jobs", "collect")
    assert result.code == 1
    assert f"Job {three_jobs[0].id} failed" in result.out
    assert [job.state for job in book.find("1").jobs] == ["failed", "done", "submitted"]
