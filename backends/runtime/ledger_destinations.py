"""Rows of the ledger that say where results of an evaluation are wanted, as plain text.

The first to ask stands in the row of the evaluation itself, others in a table of their own.
"""

from dataclasses import dataclass
from typing import Any

from qkdrp.backends.runtime.ledger import Ledger, now
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.stages import Stages

ALL = (
    "SELECT run, output, request, collected AS written, 1 AS first FROM evaluations "
    "WHERE id = ? AND run IS NOT NULL AND output IS NOT NULL UNION ALL "
    "SELECT run, output, request, written, 0 FROM destinations WHERE evaluation = ?"
)
"""All rows of an evaluation, the one it was submitted for first."""

WAITING = (
    "SELECT id FROM evaluations WHERE collected IS NULL AND parent IS NULL UNION "
    "SELECT evaluation FROM destinations WHERE written IS NULL ORDER BY 1"
)
"""Numbers of evaluations whose results are still to be written somewhere."""


@dataclass(frozen=True)
class DestinationRow:
    """One row; fields as the columns of the tables.

    Args:
        run: What is evaluated.
        output: The folder for the results.
        request: With what it was asked for, JSON.
        written: When the results were written; None where they are not.
        first: 1 for the one that the jobs were submitted for.
    """

    run: str
    output: str
    request: str
    written: str | None = None
    first: int = 0


def destination_rows(ledger: Ledger, evaluation: int) -> list[DestinationRow]:
    """Return all rows of an evaluation, the one it was submitted for first."""
    with ledger.read() as database:
        rows = database.execute(ALL, (evaluation, evaluation)).fetchall()
    return [DestinationRow(**dict(row)) for row in rows]


def full_summary(ledger: Ledger, evaluation: Evaluation) -> dict[str, Any]:
    """Return what can be shown of an evaluation, and every place that its results go to.

    An entry of one of several layers is shown with its whole evaluation.
    """
    places = [
        {"run": row.run, "output": row.output, "written": row.written}
        for row in destination_rows(ledger, evaluation.head)
    ]
    return Stages.of(ledger, evaluation).to_json() | {"destinations": places}


def add_destination(ledger: Ledger, evaluation: int, row: DestinationRow) -> None:
    """Note down one more row."""
    ledger.changed(
        "INSERT OR REPLACE INTO destinations (evaluation, run, output, request) "
        "VALUES (?, ?, ?, ?)",
        *(evaluation, row.run, row.output, row.request),
    )


def move_destination(
    ledger: Ledger, evaluation: int, before: DestinationRow, after: DestinationRow
) -> None:
    """Give a row another run, folder and request."""
    columns = (after.run, after.output, after.request)
    _change(ledger, evaluation, before, "run = ?, output = ?, request = ?", columns)


def set_written(ledger: Ledger, evaluation: int, row: DestinationRow) -> None:
    """Note down that the results for a row are written."""
    if row.first:
        ledger.set_collected(evaluation)
    else:
        _change(ledger, evaluation, row, "written = ?", (now(),))


def waiting_evaluations(ledger: Ledger) -> list[Evaluation]:
    """Return the evaluations whose results are still to be written somewhere."""
    with ledger.read() as database:
        numbers = [row[0] for row in database.execute(WAITING)]
    return [ledger.get(number) for number in numbers]


def _change(
    ledger: Ledger, evaluation: int, row: DestinationRow, columns: str, values: tuple[Any, ...]
) -> None:
    table, condition, names = "destinations", "evaluation = ? AND output = ?", [row.output]
    if row.first:
        table, condition, names = "evaluations", "id = ?", []
    ledger.changed(
        f"UPDATE {table} SET {columns} WHERE {condition}",  # noqa: S608  # our names
        *(*values, evaluation, *names),
    )
