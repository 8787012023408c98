"""The ledger: what was asked of hardware, in one SQLite file that outlives every crash."""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import platformdirs
import psutil

from qkdrp.common.errors import LedgerError

FILE = "ledger.sqlite"
"""Name of the file in the user's data folder."""

PATIENCE = 30.0
"""Seconds that a process waits for another one's transaction."""

PLANNED, SUBMITTING, SUBMITTED = "planned", "submitting", "submitted"
DONE, FAILED, CANCELLED, LOST = "done", "failed", "cancelled", "lost"
"""States of a job. ``planned`` has cost nothing yet; ``submitting`` may have reached the service;
``lost`` is known not to have."""

OPEN = (PLANNED, SUBMITTING, SUBMITTED)
ENDED_BADLY = (FAILED, CANCELLED)

SCHEMA = """
CREATE TABLE IF NOT EXISTS evaluations (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, attempt INTEGER NOT NULL, created TEXT NOT NULL,
    device TEXT NOT NULL, instance TEXT NOT NULL, estimator TEXT NOT NULL,
    run TEXT, output TEXT, request TEXT NOT NULL, options TEXT NOT NULL,
    circuit TEXT NOT NULL, inputs TEXT NOT NULL, points BLOB NOT NULL,
    prepared BLOB NOT NULL, mapping TEXT NOT NULL, calibrated TEXT NOT NULL,
    cost TEXT NOT NULL, versions TEXT NOT NULL, collected TEXT,
    UNIQUE (key, attempt));
CREATE TABLE IF NOT EXISTS jobs (
    tag TEXT PRIMARY KEY, evaluation INTEGER NOT NULL REFERENCES evaluations (id),
    chunk INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, state TEXT NOT NULL,
    job TEXT, session TEXT, pid INTEGER, born REAL, updated TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '', result TEXT);
CREATE TABLE IF NOT EXISTS answers (tag TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS destinations (
    evaluation INTEGER NOT NULL REFERENCES evaluations (id), run TEXT NOT NULL,
    output TEXT NOT NULL, request TEXT NOT NULL, written TEXT, PRIMARY KEY (evaluation, output));
"""


@dataclass(frozen=True)
class JobRow:
    """A job; fields as the columns of the table."""

    tag: str
    evaluation: int
    chunk: int
    first: int
    last: int
    state: str
    job: str | None
    session: str | None
    pid: int | None
    born: float | None
    updated: str
    note: str
    result: str | None

    @property
    def busy(self) -> bool:
        """Whether another living process is submitting it right now."""
        if self.pid is None or self.pid == os.getpid():
            return False
        try:
            return bool(psutil.Process(self.pid).create_time() == self.born)
        except psutil.Error:
            return False

    @property
    def age(self) -> float:
        """Seconds since it changed last; 0 where the clock went back since."""
        age = datetime.now(UTC) - datetime.fromisoformat(self.updated)
        return max(0.0, age.total_seconds())


@dataclass(frozen=True)
class Evaluation:
    """An evaluation and its jobs; fields as the columns of the table."""

    id: int
    key: str
    attempt: int
    created: str
    device: str
    instance: str
    estimator: str
    run: str | None
    output: str | None
    request: str
    options: str
    circuit: str
    inputs: str
    points: bytes
    prepared: bytes
    mapping: str
    calibrated: str
    cost: str
    versions: str
    collected: str | None
    jobs: tuple[JobRow, ...] = ()

    @property
    def state(self) -> str:
        """The state in one word: the worst of its jobs, ``collected`` when all is written."""
        if self.collected:
            return "collected"
        states = {job.state for job in self.jobs}
        worst_first = (FAILED, CANCELLED, LOST, PLANNED, SUBMITTING, SUBMITTED, DONE)
        return next(state for state in worst_first if state in states)


class Ledger:
    """The ledger. Every change is one transaction; several processes may use it at once.

    Args:
        path: The file; in the user's data folder where left out.

    Raises:
        LedgerError: If the file is no ledger or cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or platformdirs.user_data_path("qkdrp") / FILE
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as database:
                database.executescript(SCHEMA)
        except OSError as error:
            raise LedgerError(f"{self.path}: {error.strerror}; give another --ledger.") from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as database, database:
                database.row_factory = sqlite3.Row
                database.execute("BEGIN IMMEDIATE")
                yield database
        except sqlite3.Error as error:
            raise LedgerError(
                f"{self.path}: cannot be used as a ledger ({error}); give another --ledger."
            ) from error

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return a transaction, for the tables that other files look after."""
        return self._open()

    def latest(self, key: str) -> Evaluation | None:
        """Return the last attempt at what a key stands for."""
        with self._open() as database:
            return _latest(database, key)

    def begin(
        self, values: Mapping[str, Any], bounds: Sequence[tuple[int, int]], again: bool
    ) -> tuple[Evaluation, bool]:
        """Note down a new evaluation, unless it is there already.

        Args:
            values: Columns, without id and attempt.
            bounds: First and last point (exclusive) of each job.
            again: Whether to begin anew where it is there.

        Returns:
            The evaluation, and whether it is new.
        """
        with self._open() as database:
            before = _latest(database, values["key"])
            if before is not None and not again:
                return before, False
            row = dict(values) | {
                "attempt": before.attempt + 1 if before else 1,
                "created": _now(),
            }
            names = ", ".join(row)
            marks = ", ".join("?" * len(row))
            inserted = database.execute(
                f"INSERT INTO evaluations ({names}) VALUES ({marks})",  # noqa: S608  # our names
                list(row.values()),
            )
            for chunk, (first, last) in enumerate(bounds):
                _plan(database, inserted.lastrowid or 0, chunk, first, last)
            found = _latest(database, values["key"])
            assert found is not None
            return found, True

    def replan(self, job: JobRow) -> None:
        """Put a new job in the place of one that failed or never reached the service."""
        with self._open() as database:
            gone = database.execute(
                "DELETE FROM jobs WHERE tag = ? AND state = ?", (job.tag, job.state)
            )
            if gone.rowcount:
                _plan(database, job.evaluation, job.chunk, job.first, job.last)

    def claim(self, job: JobRow) -> bool:
        """Mark a planned job as being submitted by this process; False if another one did."""
        born = psutil.Process().create_time()
        with self._open() as database:
            changed = database.execute(
                "UPDATE jobs SET state = ?, pid = ?, born = ?, updated = ? "
                "WHERE tag = ? AND state = ?",
                (SUBMITTING, os.getpid(), born, _now(), job.tag, PLANNED),
            )
            return changed.rowcount == 1

    def update(self, tag: str, **values: Any) -> None:  # noqa: ANN401  # columns
        """Change columns of a job."""
        row = values | {"updated": _now()}
        settings = ", ".join(f"{name} = ?" for name in row)
        with self._open() as database:
            database.execute(
                f"UPDATE jobs SET {settings} WHERE tag = ?",  # noqa: S608  # our names
                [*row.values(), tag],
            )

    def set_collected(self, evaluation: int) -> None:
        """Note down that an evaluation is written."""
        with self._open() as database:
            database.execute(
                "UPDATE evaluations SET collected = ? WHERE id = ?", (_now(), evaluation)
            )

    def evaluations(self) -> list[Evaluation]:
        """Return all evaluations, the oldest first."""
        with self._open() as database:
            rows = database.execute("SELECT * FROM evaluations ORDER BY id").fetchall()
            return [_evaluation(database, row) for row in rows]

    def find(self, name: str) -> Evaluation:
        """Return the evaluation with a number, or with a job of that id.

        Raises:
            LedgerError: If there is none.
        """
        for evaluation in self.evaluations():
            if name == str(evaluation.id) or name in {job.job for job in evaluation.jobs}:
                return evaluation
        raise LedgerError(f"{self.path}: has no evaluation or job {name!r}; see qkdrp jobs list.")


def _latest(database: sqlite3.Connection, key: str) -> Evaluation | None:
    row = database.execute(
        "SELECT * FROM evaluations WHERE key = ? ORDER BY attempt DESC LIMIT 1", (key,)
    ).fetchone()
    return row and _evaluation(database, row)


def _evaluation(database: sqlite3.Connection, row: sqlite3.Row) -> Evaluation:
    jobs = database.execute("SELECT * FROM jobs WHERE evaluation = ? ORDER BY chunk", (row["id"],))
    return Evaluation(**dict(row), jobs=tuple(JobRow(**dict(job)) for job in jobs))


def _plan(database: sqlite3.Connection, evaluation: int, chunk: int, first: int, last: int) -> None:
    database.execute(
        "INSERT INTO jobs (tag, evaluation, chunk, first, last, state, updated) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (f"qkdrp-{uuid4().hex}", evaluation, chunk, first, last, PLANNED, _now()),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """Return what can be shown of an evaluation, as JSON."""
    return {
        "evaluation": evaluation.id,
        "attempt": evaluation.attempt,
        "created": evaluation.created,
        "device": evaluation.device,
        "instance": evaluation.instance,
        "estimator": evaluation.estimator,
        "calibrated": evaluation.calibrated,
        "run": evaluation.run,
        "output": evaluation.output,
        "state": evaluation.state,
        "circuit": evaluation.circuit,
        "inputs": evaluation.inputs,
        "options": json.loads(evaluation.options),
        "cost": json.loads(evaluation.cost),
        "versions": json.loads(evaluation.versions),
        "jobs": [
            {
                "id": job.job,
                "session": job.session,
                "state": job.state,
                "points": [job.first, job.last],
                "tag": job.tag,
                "updated": job.updated,
                "note": job.note,
            }
            for job in evaluation.jobs
        ],
    }
