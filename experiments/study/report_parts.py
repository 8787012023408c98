"""Parts of reports that studies share: tables, numbers as text, provenance, failures."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from qkdrp.common.files import write_csv
from qkdrp.common.provenance import versions
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.tasks import Task
from qkdrp.reports.page import Page, markdown_rows, write_markdown, write_page

REPORT, HTML = "report.md", "report.html"
"""Where a reader of a study's folder begins; the same as one file with its figures."""


LISTED = 3
"""Tasks that are named of those that wait for the same."""


def write_report(folder: Path, tables: Mapping[str, pd.DataFrame], page: Page) -> None:
    """Write the tables of a study, and its report as Markdown and as one HTML file.

    Args:
        folder: Of the study.
        tables: By file name without its ending.
        page: The report.
    """
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
    write_markdown(folder / REPORT, page)
    write_page(folder / HTML, page)


def number(value: float | None) -> str:
    """Return a number as text, nothing where it is missing."""
    return "" if value is None or math.isnan(value) else f"{value:.3f}"


def markdown(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as a Markdown table."""
    if not rows:
        return "(nothing)"
    return markdown_rows(list(rows[0]), [list(row.values()) for row in rows])


def without_empty_columns(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return rows without the columns that have no text in any of them."""
    empty = {name for name in rows[0] if not any(row[name] for row in rows)} if rows else set()
    return [{name: text for name, text in row.items() if name not in empty} for row in rows]


def core_hours(findings: Findings) -> str:
    """Return the time of all tasks, resumed ones included, as text."""
    seconds = sum(result.seconds for result in findings.results.values())
    return f"{seconds / 3600:.2f} core hours"


def versions_line() -> str:
    """Return the versions of all packages that can change a number."""
    return ", ".join(f"{name} {number}" for name, number in versions().items())


def failures(findings: Findings, name_of: Callable[[Task], str]) -> Iterator[str]:
    """Yield a line for each task without a result; one for all that are only to be done yet.

    Args:
        findings: Of the study.
        name_of: Returns what a task is called.
    """
    waiting: dict[str, list[str]] = {}
    for outcome in findings.failed:
        name = name_of(outcome.task)
        if outcome.pending:
            waiting.setdefault(outcome.error, []).append(name)
        else:
            yield f"FAILED, left out: {name}: {outcome.error}"
    for error, names in waiting.items():
        listed = "; ".join(names[:LISTED])
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        yield f"NOT THERE YET, left out: {listed}{more}: {error}"
