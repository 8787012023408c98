import re
from pathlib import Path

import pytest

from qkdrp.backends.runtime.ledger import Ledger
from tests.qkdrp.conftest import snapshot
from tests.qkdrp.hardware import EVALUATE, Cli, check_complete, check_refused
from tests.runtime_server import RuntimeServer


def test_what_is_left_can_be_asked(
    ibm: RuntimeServer, queued: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QKDRP_QPU_PRICE", "2 EUR")
    ibm.consumed = 120
    result = cli("jobs", "quota")
    assert result.code == 0, result.err
    assert "instance crn:" in result.out
    assert "plan pay-as-you-go" in result.out
    assert re.search(r"8\.0 of 10\.0 minutes left .*2\.0 used, 0\.0 of submitted", result.out)
    assert "price    2 EUR" in result.out
    assert len(ibm.jobs) == 1


def test_what_is_over_the_quota_is_refused_before_anything_is_written(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    ibm.consumed, before = 599, snapshot(run)
    result = cli("evaluate", run, *EVALUATE, "--dry-run")
    assert result.code == 0
    assert "refused without --over-quota" in result.out
    check_refused(cli("evaluate", run, *EVALUATE), "1.0 s that are left", "--over-quota")
    assert snapshot(run) == before
    assert ibm.jobs == {}
    assert cli("evaluate", run, *EVALUATE, "--over-quota").code == 0
    check_complete(run)
