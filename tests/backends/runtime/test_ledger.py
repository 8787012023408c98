import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qkdrp.backends.runtime.ledger import DONE, FAILED, PLANNED, SUBMITTING, Ledger
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
        (0, 3, PLANNED),
        (3, 5, PLANNED),
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
    assert claimed.state == SUBMITTING
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
    ledger.update(one.tag, state=DONE, job="a")
    assert ledger.find("a").state == PLANNED
    ledger.update(two.tag, state=FAILED, job="b")
    assert ledger.find("b").state == "failed"
    assert ledger.renew(ledger.find("b"), resubmit=True) is not None
    replanned = ledger.find("a").jobs[1]
    assert replanned.state == PLANNED
    assert replanned.tag != two.tag
    ledger.set_collected(evaluation.id)
    assert ledger.find("1").state == "collected"


def test_a_living_process_is_known_from_a_dead_one(ledger: Ledger) -> None:
    import psutil

    evaluation, _ = ledger.begin(VALUES, [(0, 1)], after=0)
    (job,) = evaluation.jobs
    parent = psutil.Process(os.getppid())
    ledger.update(job.tag, pid=parent.pid, born=parent.create_time())
    assert ledger.find("1").jobs[0].busy
    ledger.update(job.tag, pid=parent.pid, born=parent.create_time() - 100)
    assert not ledger.find("1").jobs[0].busy


def test_what_is_not_there_is_named(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="no evaluation or job 'x'"):
        ledger.find("x")
    assert ledger.latest("x") is None
