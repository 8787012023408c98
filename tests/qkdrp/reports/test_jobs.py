from pathlib import Path

import pytest

from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.reports.jobs import jobs_page
from qkdrp.reports.page import render, write_page
from tests.browser import needs_chromium, widths
from tests.qkdrp.hardware import EVALUATE, Cli
from tests.runtime_server import RuntimeServer


def shown(number: int, *, charged: float | None, **more: object) -> dict[str, object]:
    job = {
        "id": f"job{number}",
        "state": "done" if charged else "submitted",
        "points": [0, 20],
        "updated": "2026-11-26T07:00:00+00:00",
        "charged_seconds": charged,
        "note": "<b>",
    }
    place = {"run": f"/data/{'long-name/' * 12}run{number}", "output": "/out", "written": None}
    return {
        "evaluation": number,
        "state": "collected" if charged else "submitted",
        "device": "ibm_fez",
        "created": "2026-11-26T06:00:00+00:00",
        "options": {"shots": 1000},
        "cost": {"seconds": 7.3, "points": 20} | more,
        "jobs": [job],
        "destinations": [place, place],
    }


EUR = {"price": {"amount": 2.0, "currency": "EUR"}}


def test_sums_are_of_what_was_charged_and_of_what_is_expected() -> None:
    page = jobs_page("ledger", [shown(1, charged=7.5, **EUR), shown(2, charged=None, **EUR)])
    assert page.lead[0] == "2 evaluations with 2 jobs: 1 collected, 1 submitted."
    assert "charged 7.5 s of devices for 1 evaluation." in page.lead[1]
    assert "estimated 7.3 s" in page.lead[2]
    assert "29.60 EUR" in page.lead[3]
    evaluations, jobs, results = (part.parts[0].frame for part in page.sections)
    assert evaluations["no."].tolist() == [2, 1]  # the newest first
    assert evaluations["money"].tolist() == ["14.60\u00a0EUR", "15.00\u00a0EUR"]
    assert jobs["charged s"].tolist()[1] == 7.5
    assert len(results) == 4


def test_without_prices_there_is_no_money() -> None:
    page = jobs_page("ledger", [shown(1, charged=7.5)])
    assert not any("prices" in line for line in page.lead)
    assert "&lt;b&gt;" in render(page)


def test_an_empty_ledger_has_a_page() -> None:
    assert "Nothing was submitted so far." in render(jobs_page("ledger", []))


@needs_chromium
@pytest.mark.parametrize("window", [500, 1100])
def test_the_page_is_no_wider_than_its_window(tmp_path: Path, window: int) -> None:
    rows = [shown(number, charged=7.5, **EUR) for number in range(1, 4)]
    write_page(tmp_path / "page.html", jobs_page("ledger", rows))
    found, seen = widths(tmp_path, tmp_path / "page.html", window)
    assert found <= seen


def test_the_command_writes_it(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, tmp_path: Path
) -> None:
    assert "nothing was submitted" in cli("jobs", "list").out
    assert cli("evaluate", run, *EVALUATE, "--price", "2 EUR").code == 0
    result = cli("jobs", "list", "--html", tmp_path / "jobs.html")
    assert result.code == 0, result.err
    html = (tmp_path / "jobs.html").read_text()
    (job,) = ibm.jobs
    assert job in html
    assert str(run) in html
    assert "\u00a0EUR" in html
