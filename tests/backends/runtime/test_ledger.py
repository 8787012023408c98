import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qkdrp.backends.runtime import ledger as ledger_module
from qkdrp.backends.runtime import owner as owner_module
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import JobState
from qkdrp.backends.runtime.owner import this_process
from qkdrp.common.errors import LedgerError

VALUES: dict[str, Any] = dict.fromkeys(
    (
        *("key", "device", "instance", "estimator", "request", "options", "circuit", "inputs"),
        *("mapping", "calibrated", "cost", "versions"),
    ),
    "{}",
) | {"points": b"", "prepared": b""}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "deep" / "ledger.sqlite")


def test_an_evaluation_begins_once(ledger: Ledger) -> None:
    first, new = ledger.begin(VALUES, [(0, 3), (3, 5)], after=0)
    assert new
    assert [(job.first, job.last, job.state) for job in first.jobs] == [
        (0, 3, JobState.PLANNED),
        (3, 5, JobState.PLANNED),
    ]
    again, new = ledger.begin(VALUES, [(0, 5)], after=0)
    assert not new
    assert again == first
    third, new = ledger.begin(VALUES, [(0, 5)], after=1)
    assert new
    assert third.attempt == 2
    assert ledger.latest(VALUES["key"]) == third


def test_a_job_is_claimed_once(ledger: Ledger) -> None:
    evaluation, _ = ledger.begin(VALUES, [(0, 1)], after=0)
    (job,) = evaluation.jobs
    assert ledger.claim(job)
    assert not ledger.claim(job)
    (claimed,) = ledger.evaluations()[0].jobs
    assert claimed.state == JobState.SUBMITTING
    assert claimed.pid == os.getpid()


def test_only_one_of_many_processes_submits(ledger: Ledger) -> None:
    evaluation, _ = ledger.begin(VALUES, [(0, 1)] * 20, after=0)
    code = (
        "import sys; from pathlib import Path; from qkdrp.backends.runtime.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "print(sum(ledger.claim(job) for job in ledger.find(sys.argv[2]).jobs))"
    )
    words = [sys.executable, "-c", code, str(ledger.path), str(evaluation.id)]
    clients = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert sum(int(client.communicate(timeout=120)[0]) for client in clients) == 20


def test_the_state_is_that_of_the_worst_job(ledger: Ledger) -> None:
    evaluation, _ = ledger.begin(VALUES, [(0, 1), (1, 2)], after=0)
    one, two = evaluation.jobs
    ledger.update(one.tag, state=JobState.DONE, job="a")
    assert ledger.find("a").state == JobState.PLANNED
    ledger.update(two.tag, state=JobState.FAILED, job="b")
    assert ledger.find("b").state == "failed"
    assert ledger.renew(ledger.find("b"), resubmit=True) is not None
    replanned = ledger.find("a").jobs[1]
    assert replanned.state == JobState.PLANNED
    assert replanned.tag != two.tag
    ledger.set_collected(evaluation.id)
    assert ledger.find("1").state == "collected"


def test_a_living_process_is_known_from_a_dead_one(ledger: Ledger) -> None:
    import psutil

    evaluation, _ = ledger.begin(VALUES, [(0, 1)], after=0)
    (job,) = evaluation.jobs
    parent = psutil.Process(os.getppid())
    ledger.update(job.tag, pid=parent.pid, born=parent.create_time())  # as of the first version
    assert ledger.find("1").jobs[0].busy
    ledger.update(job.tag, pid=parent.pid, born=parent.create_time() - 100)
    assert not ledger.find("1").jobs[0].busy


def test_a_claim_names_host_and_system(ledger: Ledger) -> None:
    evaluation, _ = ledger.begin(VALUES, [(0, 1)], after=0)
    assert ledger.claim(evaluation.jobs[0])
    owner = ledger.find("1").jobs[0].owner
    assert owner.here
    assert owner.alive
    assert replace(owner, host="another").alive is None
    assert replace(owner, boot="another").alive is None
    assert replace(owner, born=1.0).alive is False


def test_a_process_that_was_killed_is_dead_before_it_is_waited_for() -> None:
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    child.start()
    there = replace(this_process(), pid=child.pid, born=owner_module._born(child.pid or 0))
    assert there.alive
    child.kill()
    deadline = time.monotonic() + 10
    while there.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert there.alive is False
    child.join()


def test_what_is_not_there_is_named(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="no evaluation or job 'x'"):
        ledger.find("x")
    assert ledger.latest("x") is None


FIRST_VERSION = Path(__file__).parent / "data" / "ledger_v1.sql"


def test_a_resubmission_that_was_not_collected_is_not_begun_again(ledger: Ledger) -> None:
    first, _ = ledger.begin(VALUES, [(0, 1)])
    assert ledger.renew(first, resubmit=True) is None
    second, new = ledger.begin(VALUES, [(0, 1)], after=first.attempt)
    assert new
    assert ledger.renew(second, resubmit=True) == second
    # A process that saw the first attempt only does not begin a third one.
    assert ledger.begin(VALUES, [(0, 1)], after=first.attempt) == (second, False)
    ledger.set_collected(second.id)
    assert ledger.renew(ledger.get(second.id), resubmit=True) is None


def test_failed_jobs_are_replaced_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation, _ = ledger.begin(VALUES, [(0, 1), (1, 2)])
    ledger.update(evaluation.jobs[0].tag, state=JobState.DONE, job="a")
    ledger.update(evaluation.jobs[1].tag, state=JobState.FAILED, job="b")
    failed = ledger.get(evaluation.id)
    renewed = ledger.renew(failed, resubmit=True)
    assert renewed is not None
    assert [job.state for job in renewed.jobs] == [JobState.DONE, JobState.PLANNED]
    assert [job.job for job in renewed.replaced] == ["b"]
    assert ledger.find("b") == renewed
    monkeypatch.setattr(ledger_module, "now", lambda: "2030-01-01T00:00:00+00:00")
    assert ledger.renew(failed, resubmit=True) == renewed  # of another process, later
    ledger.update(renewed.jobs[1].tag, state=JobState.DONE, job="c")
    done = ledger.get(evaluation.id)
    assert ledger.renew(done, resubmit=True) == done
    ledger.set_collected(done.id)
    collected = ledger.get(done.id)
    assert ledger.renew(failed, resubmit=True) == collected


def test_an_evaluation_is_found_without_reading_the_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in "abcdef":
        ledger.begin(VALUES | {"key": key}, [(0, 1)])
    ledger.update(ledger.get(4).jobs[0].tag, job="job of 4")
    read = []
    original = Ledger._evaluation
    monkeypatch.setattr(
        Ledger, "_evaluation", lambda *of: read.append(of[2]["id"]) or original(*of)
    )
    assert ledger.find("4").key == "d"
    assert ledger.find("job of 4").key == "d"
    assert read == [4, 4]


def stored(path: Path) -> Path:
    """Write a ledger as the first version did, with a queued job."""
    with sqlite3.connect(path) as database:
        database.executescript(FIRST_VERSION.read_text())
    database.close()
    return path


def test_a_ledger_of_the_first_version_is_migrated(tmp_path: Path) -> None:
    path = stored(tmp_path / "ledger.sqlite")
    for _ in range(2):
        (evaluation,) = Ledger(path).evaluations()
        (job,) = evaluation.jobs
        assert (job.state, job.job, job.host, job.current) == ("submitted", "JOB-ID", None, 1)
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (3,)
        assert database.execute("SELECT session FROM modes").fetchall() == [("SESSION-ID",)]
    database.close()


def refused(path: Path, *parts: str) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger(path).evaluations()
    assert "\n" not in str(caught.value)
    assert all(part in str(caught.value) for part in (str(path), *parts)), caught.value


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()


def test_a_newer_ledger_is_named(ledger: Ledger) -> None:
    change(ledger.path, "PRAGMA user_version = 7")
    refused(ledger.path, "newer qkdrp (schema 7, this one reads up to 3)", "update qkdrp")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.sqlite"
    change(path, "CREATE TABLE photos (name TEXT)")
    before = path.read_bytes()
    refused(path, "another program, with tables photos", "give another --ledger")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE evaluations SET options = '{\"device\": '", "options of evaluation 1"),
        ("UPDATE evaluations SET request = 'null'", "request of evaluation 1"),
        ("UPDATE evaluations SET cost = x'ff00'", "cost of evaluation 1"),
        ("UPDATE jobs SET result = 'null'", "result of job"),
        ("UPDATE jobs SET result = '[1, 2'", "result of job"),
        ("DELETE FROM jobs", "has no jobs"),
    ],
)
def test_damaged_content_is_named(ledger: Ledger, statement: str, what: str) -> None:
    ledger.begin(VALUES, [(0, 1)])
    change(ledger.path, statement)
    refused(ledger.path, "the ledger is damaged", what, "would be paid again")


def test_a_damaged_file_is_found_before_anything_is_paid(ledger: Ledger) -> None:
    for number in range(200):
        ledger.begin(VALUES | {"key": f"{number}"}, [(0, 1)])
    content = bytearray(ledger.path.read_bytes())
    page = 4096 * (len(content) // 8192)
    content[page : page + 4096] = b"\xa5" * 4096
    ledger.path.write_bytes(content)
    with pytest.raises(LedgerError, match="the ledger is damaged"):
        ledger.check()


def test_a_locked_ledger_is_busy_and_who_holds_it_is_named(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('BEGIN EXCLUSIVE')\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(ledger.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr(ledger_module, "PATIENCE", 0.1)
    with pytest.raises(LedgerError) as caught:
        ledger.begin(VALUES, [(0, 1)])
    holder.communicate("")
    assert f"process {holder.pid} " in str(caught.value)
    assert str(caught.value).endswith("ask again.")
    assert "--ledger" not in str(caught.value)
    assert ledger.begin(VALUES, [(0, 1)])[1]
