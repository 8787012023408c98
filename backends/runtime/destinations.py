"""Where the results of an evaluation go: every run that asked for it, each once.

The first run that asks submits the jobs and stands in the row of the evaluation itself; a copy of
the run, or the same run with another ``--output``, attaches to the jobs and gets a row of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qkdrp.backends.base import Purpose
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.common.errors import LedgerError

JOB = "job.json"
"""File of a folder of results that says from which jobs they come."""

METRICS = "metrics.json"
"""File of a folder of results that is written last."""


@dataclass(frozen=True)
class Destination:
    """A folder that waits for the results of an evaluation.

    Args:
        evaluation: Number of the evaluation.
        run: The run that is evaluated.
        output: The folder for its results.
        request: With what it was asked for.
        written: When the results were written; None where they are not.
        first: Whether it is the one that the jobs were submitted for.
    """

    evaluation: int
    run: Path
    output: Path
    request: Mapping[str, Any]
    written: str | None
    first: bool

    @property
    def gone(self) -> bool:
        """Whether the run is no longer there, as after it was renamed."""
        return not self.run.is_dir()


def destinations(ledger: Ledger, evaluation: Evaluation) -> list[Destination]:
    """Return all destinations of an evaluation, the one it was submitted for first.

    Raises:
        LedgerError: If a request is damaged.
    """
    with ledger.write() as database:
        rows = database.execute(
            "SELECT run, output, request, collected AS written, 1 AS first FROM evaluations "
            "WHERE id = ? AND run IS NOT NULL AND output IS NOT NULL UNION ALL "
            "SELECT run, output, request, written, 0 FROM destinations WHERE evaluation = ?",
            (evaluation.id, evaluation.id),
        ).fetchall()
    return [
        Destination(
            evaluation=evaluation.id,
            run=Path(row["run"]),
            output=Path(row["output"]),
            request=_request(ledger, row["request"]),
            written=row["written"],
            first=bool(row["first"]),
        )
        for row in rows
    ]


def destination_of(ledger: Ledger, evaluation: Evaluation, purpose: Purpose) -> Destination:
    """Return the destination of a purpose, noted down where it is new.

    A run that was renamed or moved keeps the folder that was made for the results; a copied one
    uses its copy of that folder.
    """
    waiting = [each for each in destinations(ledger, evaluation) if not each.written]
    for each in waiting:
        if each.run == purpose.run and purpose.output in {None, each.output}:
            return each
    if purpose.output is None:
        for each in waiting:
            output = _carried_along(each, purpose.run, evaluation)
            if each.gone:
                inside = each.output.is_relative_to(each.run)
                output = output or (purpose.claim() if inside else each.output)
                return _move(ledger, each, purpose, output)
            if output is not None:
                return _add(ledger, evaluation, purpose, output)
    return _add(ledger, evaluation, purpose, purpose.claim())


def set_written(ledger: Ledger, destination: Destination) -> None:
    """Note down that the results for a destination are written."""
    if destination.first:
        ledger.set_collected(destination.evaluation)
        return
    with ledger.write() as database:
        database.execute(
            "UPDATE destinations SET written = ? WHERE evaluation = ? AND output = ?",
            (
                datetime.now(UTC).isoformat(timespec="seconds"),
                destination.evaluation,
                str(destination.output),
            ),
        )


def waiting_evaluations(ledger: Ledger) -> list[Evaluation]:
    """Return the evaluations whose results are still to be written somewhere."""
    with ledger.write() as database:
        rows = database.execute(
            "SELECT id FROM evaluations WHERE collected IS NULL UNION "
            "SELECT evaluation FROM destinations WHERE written IS NULL ORDER BY 1"
        ).fetchall()
    return [ledger.find(str(row[0])) for row in rows]


def _carried_along(destination: Destination, run: Path, evaluation: Evaluation) -> Path | None:
    """Return the folder in a moved or copied run that was made for the same results."""
    if not destination.output.is_relative_to(destination.run):
        return None
    output = run / destination.output.relative_to(destination.run)
    if (output / METRICS).exists():
        return None
    try:
        tags = {job["tag"] for job in json.loads((output / JOB).read_text())["jobs"]}
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return output if tags & {job.tag for job in evaluation.jobs} else None


def _add(ledger: Ledger, evaluation: Evaluation, purpose: Purpose, output: Path) -> Destination:
    """Note down one more destination."""
    with ledger.write() as database:
        database.execute(
            "INSERT OR REPLACE INTO destinations (evaluation, run, output, request) "
            "VALUES (?, ?, ?, ?)",
            (evaluation.id, str(purpose.run), str(output), json.dumps(dict(purpose.request))),
        )
    return Destination(
        evaluation=evaluation.id,
        run=purpose.run,
        output=output,
        request=purpose.request,
        written=None,
        first=False,
    )


def _move(ledger: Ledger, gone: Destination, purpose: Purpose, output: Path) -> Destination:
    """Give a destination whose run is gone the place that the run has now."""
    row = (str(purpose.run), str(output), json.dumps(dict(purpose.request)))
    with ledger.write() as database:
        if gone.first:
            database.execute(
                "UPDATE evaluations SET run = ?, output = ?, request = ? WHERE id = ?",
                (*row, gone.evaluation),
            )
        else:
            database.execute(
                "UPDATE destinations SET run = ?, output = ?, request = ? "
                "WHERE evaluation = ? AND output = ?",
                (*row, gone.evaluation, str(gone.output)),
            )
    return replace(gone, run=purpose.run, output=output, request=purpose.request)


def _request(ledger: Ledger, text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise LedgerError(f"{ledger.path}: a request of the ledger is damaged: restore a copy.")
    return found
