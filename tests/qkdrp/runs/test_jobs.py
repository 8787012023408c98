import json
import os
import re
import signal
import sqlite3
import warnings
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.backends.runtime.job_search import LAST_ARRIVAL
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.cli import main
from tests.qkdrp.conftest import Trained, snapshot
from tests.qkdrp.hardware import (
    EVALUATE,
    Cli,
    check_complete,
    check_refused,
    collect_at_last,
    end_all,
)
from tests.qkdrp.killed import POINTS
from tests.runtime_jobs import Fault
from tests.runtime_server import TOKEN, RuntimeServer


def test_five_commands_from_submission_to_results(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    ibm.queue_seconds = 600
    before = snapshot(run)
    result = cli("evaluate", run, *EVALUATE, "--dry-run")
    assert result.code == 0, result.err
    assert "1 measurement basis" in result.out
    assert "instance crn:" in result.out
    assert "plan pay-as-you-go" in result.out
    assert snapshot(run) == before
    assert ibm.count("POST", "/jobs") == 0

    result = cli("evaluate", run, *EVALUATE, "--no-wait")
    assert result.code == 0, result.err
    assert "later: qkdrp jobs collect 1" in result.out
    assert result.out.index("plan") < result.out.index("submitted")
    assert "submitted" in cli("jobs", "list").out
    shown = json.loads(cli("jobs", "show", 1).out)
    (job,) = ibm.jobs
    assert shown["jobs"][0]["id"] == job
    assert Path(shown["output"]) == run / "evaluations" / "ibm_runtime"
    result = cli("jobs", "collect")
    assert result.code == 0
    assert "has not ended" in result.out

    ibm.pace = 600
    assert "done" in cli("jobs", "wait", job).out
    result = cli("jobs", "collect")
    assert result.code == 0, result.out
    assert "collected: " in result.out
    check_complete(run)
    assert "collected" in cli("jobs", "list").out
    assert "nothing to collect" in cli("jobs", "collect").out
    assert len(ibm.jobs) == 1


def test_asked_again_it_attaches(ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path) -> None:
    for number in range(2):
        result = cli("evaluate", run, *EVALUATE)
        assert result.code == 0, result.err
        assert ("s of the device" in result.out) == (number == 0)
    one, two = (run / "evaluations" / name for name in ("ibm_runtime", "ibm_runtime-2"))
    assert (one / "predictions.csv").read_bytes() == (two / "predictions.csv").read_bytes()
    assert len(ibm.jobs) == 1
    result = cli("evaluate", run, *EVALUATE, "--resubmit", "--output", run / "third")
    assert result.code == 0, result.err
    assert (run / "third" / "metrics.json").is_file()
    assert len(ibm.jobs) == 2


def test_predictions_are_those_of_the_values(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    from safetensors.numpy import load_file

    assert cli("evaluate", run, *EVALUATE).code == 0
    folder = run / "evaluations" / "ibm_runtime"
    values = pd.read_csv(folder / "expectations.csv")["value"].to_numpy().reshape(-1, 2)
    tensors = load_file(run / "model.safetensors")
    expected = values @ tensors["model.head.weight"][0] + tensors["model.head.bias"]
    found = pd.read_csv(folder / "predictions.csv")["prediction"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_above_the_limit_nothing_is_sent_or_written(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    before = snapshot(run)
    result = cli("evaluate", run, *EVALUATE, "--max-qpu-seconds", 2)
    assert result.code == 2
    assert "above the limit of 2 s" in result.err
    assert "--max-qpu-seconds 3" in result.err
    assert result.err.count("\n") == 1
    assert ibm.count("POST", "/jobs") == 0
    assert snapshot(run) == before
    assert book.evaluations() == []


def evaluate_until(point: str, run: Path, tmp_path: Path) -> int:
    """Evaluate in a process of its own that kills itself at some point; return its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads of the server are not the child's concern
        child = os.fork()
    if child == 0:
        with suppress(BaseException), (tmp_path / "client.log").open("w") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            POINTS[point]()
            main(["evaluate", *map(str, (run, *EVALUATE, "--threads", 1))])
        os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    "point",
    ["server has it", "before the id is noted", "waiting", "result is read", "half written"],
)
def test_a_killed_client_loses_nothing(
    ibm: RuntimeServer,
    book: Ledger,
    cli: Cli,
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    assert evaluate_until(point, run, tmp_path) == -signal.SIGKILL
    assert len(ibm.jobs) == 1
    assert not (run / "evaluations" / "ibm_runtime" / "metrics.json").exists()
    result = collect_at_last(cli)
    assert result.code == 0, result.out
    check_complete(run)
    assert book.evaluations()[0].state == "collected"
    assert cli("evaluate", run, *EVALUATE).code == 0
    assert len(ibm.jobs) == 1
    assert ibm.count("POST", "/jobs") == 1


def test_a_client_killed_before_it_submits_has_paid_nothing(
    ibm: RuntimeServer,
    book: Ledger,
    cli: Cli,
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert evaluate_until("before submission", run, tmp_path) == -signal.SIGKILL
    assert len(ibm.jobs) == 0
    result = cli("jobs", "collect")
    assert result.code == 1
    assert "is not at the service yet" in result.out
    ibm.clock_shift += LAST_ARRIVAL + 1
    result = cli("jobs", "collect")
    assert result.code == 1
    assert "never reached the service" in result.out
    result = cli("evaluate", run, *EVALUATE)
    assert result.code == 0, result.err
    check_complete(run)
    assert len(ibm.jobs) == 1


def test_a_clock_that_went_back_makes_nobody_wait_for_an_hour(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, tmp_path: Path
) -> None:
    assert evaluate_until("before submission", run, tmp_path) == -signal.SIGKILL
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    with sqlite3.connect(book.path) as database:
        database.execute("UPDATE jobs SET updated = ?", (ahead,))
    database.close()
    (seconds,) = re.findall(r"ask again in (\d+) s", cli("jobs", "collect").out)
    assert int(seconds) <= 1800


@pytest.mark.parametrize(
    ("method", "path", "action", "times"),
    [
        ("POST", "/jobs", "503", 2),
        ("POST", "/jobs", "reset after", 1),
        ("GET", r"/jobs/\w+", "503", 2),
        ("GET", r"/jobs/\w+", "reset", 1),
        ("GET", r"/jobs/\w+/results", "503", 1),
    ],
)
def test_passing_faults_are_survived(
    ibm: RuntimeServer,
    book: Ledger,
    cli: Cli,
    run: Path,
    method: str,
    path: str,
    action: str,
    times: int,
) -> None:
    ibm.faults = [Fault(method, path, action, times)]
    result = cli("evaluate", run, *EVALUATE)
    assert result.code == 0, result.err
    assert ibm.faults[0].times == 0
    check_complete(run)
    assert len(ibm.jobs) == 1


@pytest.mark.parametrize("outcome", ["Failed", "Cancelled"])
def test_a_job_that_ends_badly_is_told_and_paid_again_only_on_request(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, outcome: str
) -> None:
    ibm.outcome, ibm.reason = outcome, "the fridge is warm"
    for _ in range(2):
        check_refused(cli("evaluate", run, *EVALUATE), "--resubmit")
    assert len(ibm.jobs) == 1
    (evaluation,) = book.evaluations()
    assert evaluation.state == {"Failed": "failed", "Cancelled": "cancelled"}[outcome]
    assert outcome == "Cancelled" or "the fridge is warm" in evaluation.jobs[0].note
    assert cli("jobs", "collect").code == 1
    ibm.outcome, ibm.reason = "Completed", ""
    result = cli("evaluate", run, *EVALUATE, "--resubmit")
    assert result.code == 0, result.err
    check_complete(run)
    assert len(ibm.jobs) == 2


def test_a_job_can_be_cancelled(ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path) -> None:
    ibm.queue_seconds = 600
    assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
    assert "cancelled" in cli("jobs", "cancel", 1).out
    assert [job.outcome for job in ibm.jobs.values()] == ["Cancelled"]
    check_refused(cli("evaluate", run, *EVALUATE), "was cancelled", "--resubmit")
    assert len(ibm.jobs) == 1


def test_a_result_that_does_not_decode_can_be_collected_later(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    ibm.spoil = True
    check_refused(cli("evaluate", run, *EVALUATE), "cannot be read", "jobs collect 1")
    assert book.evaluations()[0].state == "submitted"
    ibm.spoil = False
    assert cli("jobs", "collect").code == 0
    check_complete(run)
    assert len(ibm.jobs) == 1


@pytest.mark.parametrize("action", ["503", "reset"])
def test_a_dead_service_is_told_and_nothing_is_paid_twice(
    ibm: RuntimeServer,
    book: Ledger,
    cli: Cli,
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the client backs off for 16 s
    ibm.faults = [Fault("POST", "/jobs", action, 99)]
    check_refused(cli("evaluate", run, *EVALUATE), "could not submit")
    assert book.evaluations()[0].state == "submitting"
    ibm.faults = []
    check_refused(cli("evaluate", run, *EVALUATE), "got no answer", "nothing is paid twice")
    ibm.clock_shift += LAST_ARRIVAL + 1
    result = cli("evaluate", run, *EVALUATE)
    assert result.code == 0, result.err
    check_complete(run)
    assert len(ibm.jobs) == 1


def test_an_outage_while_waiting_leaves_the_job_to_be_collected(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    ibm.queue_seconds = 10**6
    assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
    ibm.faults = [Fault("GET", r"/jobs/\w+", "503", 10**6)]
    check_refused(cli("evaluate", run, *EVALUATE), "could not find job")
    assert book.evaluations()[0].state == "submitted"
    ibm.faults, ibm.pace = [], 10**9
    assert collect_at_last(cli).code == 0
    check_complete(run)


def test_the_token_is_nowhere(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, tmp_path: Path
) -> None:
    outputs = [cli("evaluate", run, *EVALUATE)]
    ibm.faults = [Fault("POST", "/identity/token", "503", 99)]
    outputs += [cli("jobs", "list"), cli("jobs", "show", 1)]
    ibm.faults = []
    outputs += [cli("evaluate", run, *EVALUATE, "--instance", "other")]
    texts = [text for each in outputs for text in (each.out, each.err)] + ibm.log
    assert not any(TOKEN in text for text in texts)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert book.path in files
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("jobs", "show", "7"), "has no evaluation or job '7'"),
        (("jobs", "wait", "nojob"), "has no evaluation or job 'nojob'"),
        (("jobs", "collect", "7"), "has no evaluation or job '7'"),
        (("jobs", "cancel", "7"), "has no evaluation or job '7'"),
    ],
)
def test_unknown_jobs_are_named(
    book: Ledger, cli: Cli, words: tuple[str, ...], message: str
) -> None:
    check_refused(cli(*words), message)


def test_a_file_that_is_no_ledger_is_named(
    ibm: RuntimeServer, cli: Cli, run: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no database, but long enough to look at" * 10)
    check_refused(cli("jobs", "list", "--ledger", wrong), "cannot be used as a ledger")
    check_refused(cli("evaluate", run, *EVALUATE, "--ledger", wrong), "cannot be used as a ledger")
    assert wrong.read_text().startswith("no database")
    assert ibm.jobs == {}


def test_repeats_and_training_are_refused(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, trained: Trained, tmp_path: Path
) -> None:
    check_refused(cli("evaluate", run, *EVALUATE, "--repeats", 2), "repeats = 2")
    words = ("train", "--data", trained.data, "--drug", "DrugA", "--n-qubits", 2, "--n-encoding", 1)
    check_refused(cli(*words, *EVALUATE, "--output", tmp_path / "new"), "--allow-hardware-training")
    assert not (tmp_path / "new").exists()
    assert ibm.jobs == {}


def test_a_changed_ledger_entry_is_not_taken_for_another(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    from qkdrp.backends.runtime.points import pack_points, unpack_points

    assert cli("evaluate", run, *EVALUATE).code == 0
    (evaluation,) = book.evaluations()
    with sqlite3.connect(book.path) as database:
        moved = pack_points(unpack_points(evaluation.points) + 0.1)
        database.execute("UPDATE evaluations SET points = ?", (moved,))
    database.close()
    check_refused(cli("evaluate", run, *EVALUATE), "other angles")


def test_a_request_of_another_kind_is_left_to_the_version_that_made_it(
    ibm: RuntimeServer, queued: str, book: Ledger, cli: Cli, run: Path
) -> None:
    (evaluation,) = book.evaluations()
    request = json.loads(evaluation.request)
    assert request["verb"] == "evaluate"
    book.update_evaluation(evaluation.id, request=json.dumps(request | {"verb": "dream"}))
    end_all(ibm)
    result = cli("jobs", "collect")
    assert result.code == 1
    assert "was asked for by 'dream', expected one of evaluate" in result.out
    assert book.find("1").state == "done"  # values are safe all the same
    earlier = {name: value for name, value in request.items() if name != "verb"}
    book.update_evaluation(evaluation.id, request=json.dumps(earlier))
    assert cli("jobs", "collect").code == 0
    check_complete(run)
    assert ibm.count("POST", "/jobs") == 1
