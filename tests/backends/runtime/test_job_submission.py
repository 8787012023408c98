import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.backends.runtime import job_search, job_submission, service_watch
from qkdrp.backends.runtime.job_search import LAST_ARRIVAL, LONGEST_SUBMISSION
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.owner import this_process
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError, JobsPendingError, LedgerError
from tests.backends.runtime.test_ledger import FIRST_VERSION
from tests.backends.tester import Reals, random_point
from tests.runtime_jobs import Fault
from tests.runtime_server import RuntimeServer

SHOTS = 64


@pytest.fixture(scope="module")
def pqc() -> PQC:
    return build_pqc(PQCSpec(3, 1, 1))


class Asking:
    """Asks for one evaluation, again and again."""

    def __init__(self, pqc: PQC, path: Path) -> None:
        self.pqc, self.path = pqc, path
        self.point = random_point(pqc, 4, np.random.default_rng(0))
        self.notes: list[str] = []

    def __call__(self, **options: Any) -> Reals:
        options = {"device": "ibm_manila", "shots": SHOTS, "ledger": str(self.path)} | options
        with IbmRuntime(**options) as backend:
            values = np.asarray(backend.qnn(self.pqc).forward(*self.point))
            self.notes = backend.notes
        return values

    def noted(self) -> Evaluation:
        return Ledger(self.path).evaluations()[-1]


@pytest.fixture
def ask(pqc: PQC, tmp_path: Path) -> Asking:
    return Asking(pqc, tmp_path / "ledger.sqlite")


def all_closed(ibm: RuntimeServer) -> bool:
    return not any(session["accepting_jobs"] for session in ibm.sessions.values())


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 413])
def test_a_refusal_is_told_and_the_job_stays_planned(
    ibm: RuntimeServer, ask: Asking, code: int
) -> None:
    ibm.faults = [Fault("POST", "/jobs", str(code))]
    with pytest.raises(BackendError) as caught:
        ask()
    assert str(caught.value) == f"Refused: told to answer {code}; nothing was sent."
    assert ask.noted().state == "planned"
    assert all_closed(ibm)
    ask()
    assert len(ibm.jobs) == 1


@pytest.mark.parametrize("path", ["/sessions", "/jobs"])
def test_too_many_requests_are_put_off_as_the_service_says(
    ibm: RuntimeServer, ask: Asking, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(job_submission.time, "sleep", waits.append)
    ibm.faults = [Fault("POST", path, "429", 2, headers={"Retry-After": "7"})]
    ask()
    assert waits[:2] == [7, 7]
    assert len(ibm.jobs) == 1


def test_too_many_requests_for_long_are_a_refusal(
    ibm: RuntimeServer, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_submission.time, "sleep", lambda _seconds: None)
    ibm.faults = [Fault("POST", "/jobs", "429", 99, headers={"Retry-After": "50"})]
    with pytest.raises(BackendError, match=r"Refused: told to answer 429; nothing was sent\."):
        ask()
    assert ibm.count("POST", "/jobs") == 3
    assert ask.noted().state == "planned"


def test_what_fails_before_the_request_was_not_sent(
    ibm: RuntimeServer, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    ibm.faults = [Fault("GET", "/instances/usage", "503", 99)]
    with pytest.raises(BackendError, match="nothing was sent"):
        ask()
    assert ask.noted().state == "planned"
    assert ibm.count("POST", "/jobs") == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", "/jobs", "302", headers={"Location": "http://[::1"}),
        Fault("POST", "/jobs", "reply after", reply=(302, ""), headers={"Location": "http://[::1"}),
        Fault("POST", "/jobs", "reply after", reply=(200, None)),
        Fault("POST", "/jobs", "reply after", reply=(200, "no JSON")),
        Fault("POST", "/jobs", "reply after", reply=(200, {"backend": "ibm_manila"})),
        Fault("POST", "/jobs", "reply after", reply=(200, {"id": None, "backend": "ibm_manila"})),
        Fault("POST", "/jobs", "reply after", reply=(200, {"id": 7, "backend": "ibm_manila"})),
        Fault("POST", "/jobs", "reply after", reply=(408, {"error": {"message": "m", "code": 1}})),
    ],
    ids=["location", "location after", "null", "no json", "no id", "null id", "number", "timeout"],
)
def test_an_answer_that_cannot_be_understood_does_not_mean_that_nothing_was_sent(
    ibm: RuntimeServer, ask: Asking, fault: Fault
) -> None:
    ibm.faults = [fault]
    arrives = "after" in fault.action
    if arrives:
        ask()
        assert ask.noted().jobs[0].job in ibm.jobs
    else:
        with pytest.raises(BackendError, match="whether it arrived is not known"):
            ask()
        assert ask.noted().state == "submitting"
    assert len(ibm.jobs) == arrives
    assert all_closed(ibm)


def test_the_second_of_two_jobs_with_one_tag_is_cancelled_and_told(
    ibm: RuntimeServer, ask: Asking
) -> None:
    ibm.queue_seconds, ibm.faults = 600, [Fault("POST", "/jobs", "500 after")]
    with pytest.raises(JobsPendingError):
        ask(wait=False)
    assert sorted(job.outcome for job in ibm.jobs.values()) == ["Cancelled", "Completed"]
    (stray,) = ask.noted().strays
    assert ibm.jobs[stray.job].outcome == "Cancelled"
    assert stray.state == "cancelled"
    kept = ask.noted().jobs[0].job
    assert {kept, stray.job} == set(ibm.jobs)
    ibm.pace = 600
    ask()
    assert len(ibm.jobs) == 2


def test_a_job_that_turns_up_late_is_cancelled_and_told(ibm: RuntimeServer, ask: Asking) -> None:
    ibm.queue_seconds, ibm.listing_lag = 10**6, 10**6
    ibm.faults = [Fault("POST", "/jobs", "reset after", 1)]
    with pytest.raises(BackendError, match="whether it arrived is not known"):
        ask()
    with pytest.raises(BackendError, match=r"ask again in \d+ s; nothing is paid twice"):
        ask()
    ibm.clock_shift += LAST_ARRIVAL + 1  # by its own clock, the service breaks its word
    with pytest.raises(JobsPendingError):
        ask(wait=False)
    assert len(ibm.jobs) == 2
    (lost,) = ask.noted().replaced
    assert lost.state == "lost"
    ibm.listing_lag = 0
    with pytest.raises(JobsPendingError):
        ask(wait=False)
    late, kept = ibm.jobs.values()
    assert (late.outcome, kept.outcome) == ("Cancelled", "Completed")
    assert [stray.job for stray in ask.noted().strays] == [late.id]
    assert ask.noted().jobs[0].job == kept.id


def test_a_job_that_turns_up_before_another_is_sent_is_taken(
    ibm: RuntimeServer, ask: Asking
) -> None:
    ibm.listing_lag, ibm.faults = 10**6, [Fault("POST", "/jobs", "reset after", 1)]
    with pytest.raises(BackendError, match="whether it arrived is not known"):
        ask()
    ledger, found = Ledger(ask.path), ask.noted()
    ledger.update(found.jobs[0].tag, state="lost")
    assert ledger.renew(ask.noted(), resubmit=False)
    assert [job.state for job in ask.noted().jobs] == ["planned"]
    ibm.listing_lag = 0
    ask()
    assert len(ibm.jobs) == 1
    assert ask.noted().jobs[0].tag == found.jobs[0].tag


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_time_is_told_by_the_services_clock(
    ibm: RuntimeServer, ask: Asking, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    ibm.listing_lag, ibm.faults = 10**6, [Fault("POST", "/jobs", "reset after", 1)]
    with pytest.raises(BackendError, match="not known"):
        ask()
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() + ahead)
    monkeypatch.setattr("qkdrp.backends.runtime.ledger.now", lambda: "2050-01-01T00:00:00+00:00")
    with pytest.raises(BackendError, match=r"ask again in 9[56]\d s"):
        ask()
    assert len(ibm.jobs) == 1


def another_host(ask: Asking, **columns: object) -> None:
    """Make a claim one of a process of another host."""
    Ledger(ask.path).update(ask.noted().jobs[0].tag, host="another", **columns)


def test_the_process_of_another_host_may_live(
    ibm: RuntimeServer, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_search, "SHORT_PATIENCE", 0.1)
    ibm.listing_lag, ibm.faults = 10**6, [Fault("POST", "/jobs", "reset after", 1)]
    with pytest.raises(BackendError, match="not known"):
        ask()
    another_host(ask)
    for shift in (0, LAST_ARRIVAL):
        ibm.clock_shift = shift
        with pytest.raises(BackendError, match=r"by process \d+ on another .* ask again"):
            ask()
    assert len(ibm.jobs) == 1
    ibm.clock_shift, ibm.listing_lag = LONGEST_SUBMISSION + 60, 0
    ask()
    assert len(ibm.jobs) == 1


def test_who_lost_the_claim_sends_nothing(
    ibm: RuntimeServer, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that slept from its claim to its request finds that another one was faster."""
    original = service_watch.ServiceWatch.leaving

    def asleep(watch: service_watch.ServiceWatch, request: Any) -> bool:
        if request.method == "POST" and request.path_url.endswith("/jobs"):
            Ledger(ask.path).update(ask.noted().jobs[0].tag, state="lost")
        return original(watch, request)

    monkeypatch.setattr(service_watch.ServiceWatch, "leaving", asleep)
    with pytest.raises(BackendError, match=r"took this job for lost.*nothing was sent"):
        ask()
    assert ibm.jobs == {}
    assert all_closed(ibm)


def test_a_batch_that_was_left_is_closed(
    ibm: RuntimeServer, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ibm.faults = [Fault("PATCH", r"/sessions/\w+", "400", 1)]
    ask()
    assert "is still open" in ask.notes[0]
    assert not all_closed(ibm)
    with sqlite3.connect(ask.path) as database:
        dead = this_process().pid, 1.0
        database.execute("UPDATE modes SET pid = ?, born = ?", dead)
    database.close()
    ask()
    assert all_closed(ibm)


def test_a_resubmission_that_was_not_taken_is_not_paid_for_again(
    ibm: RuntimeServer, ask: Asking
) -> None:
    ask()
    ibm.faults = [Fault("GET", r"/jobs/\w+/results", "400", 1)]
    with pytest.raises(BackendError):
        ask(resubmit=True)
    ask(resubmit=True)
    assert len(ibm.jobs) == 2
    ask(resubmit=True)  # the second one's values were taken
    assert len(ibm.jobs) == 3


def first_ledger(ask: Asking, job: str) -> None:
    """Write a ledger as the first version did, with a queued job of the same evaluation."""
    with sqlite3.connect(ask.path) as database:
        database.executescript(FIRST_VERSION.read_text().replace("JOB-ID", job))
    database.close()


def test_a_job_queued_by_the_first_version_is_not_paid_again(
    ibm: RuntimeServer, ask: Asking, pqc: PQC
) -> None:
    Asking(pqc, ask.path.with_name("other.sqlite"))(shots=2048)
    (job,) = ibm.jobs
    first_ledger(ask, job)
    before = ask.noted().key
    for _ in range(2):
        assert ask(shots=2048).shape == (4, 3)
    assert list(ibm.jobs) == [job]
    assert ibm.count("POST", "/jobs") == 1
    assert ask.noted().key != before


@pytest.mark.parametrize("column", ["points", "prepared", "inputs"])
def test_damaged_content_is_found_before_it_is_paid(
    ibm: RuntimeServer, ask: Asking, column: str
) -> None:
    ibm.faults = [Fault("POST", "/jobs", "403")]
    with pytest.raises(BackendError, match="Refused"):
        ask()
    with sqlite3.connect(ask.path) as database:
        database.execute(f"UPDATE evaluations SET {column} = x'93414243'")
    database.close()
    with pytest.raises(LedgerError, match="the ledger is damaged"):
        ask()
    assert ibm.jobs == {}
