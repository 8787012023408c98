"""The ledger: what was asked of hardware, in one SQLite file that outlives every crash."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import platformdirs

from qkdrp.backends.runtime.ledger_file import (
    VERSION,
    check_integrity,
    damaged,
    ledger_error,
    migrate,
    version_of,
)
from qkdrp.backends.runtime.ledger_rows import (
    ENDED_BADLY,
    Evaluation,
    JobRow,
    JobState,
    StrayJob,
    StrayState,
    is_object,
)
from qkdrp.backends.runtime.owner import this_process
from qkdrp.common.errors import LedgerError

FILE = "ledger.sqlite"
"""Name of the file in the user's data folder."""

PATIENCE = 30.0
"""Seconds that a process waits for another one's transaction."""

JSON_COLUMNS = ("request", "options", "mapping", "cost", "versions")
"""Columns of an evaluation that hold JSON objects."""


class Ledger:
    """The ledger. Every change is one transaction; several processes may use it at once.

    Args:
        path: The file; in the user's data folder where left out.

    Raises:
        LedgerError: If the file is no ledger, is damaged, of a newer version, or cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = ledger_path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"{self.path}: {error.strerror}; give another --ledger.") from error
        with self.read() as database:
            present = version_of(database, self.path) == VERSION
        if not present:
            with self.write() as database:
                migrate(database, self.path)

    @contextmanager
    def _begin(self, kind: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as database, database:
                database.row_factory = sqlite3.Row
                database.execute(kind)
                yield database
        except sqlite3.Error as error:
            raise ledger_error(self.path, error) from error

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give the database in a transaction that reads."""
        with self._begin("BEGIN") as database:
            yield database

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give the database in a transaction that nobody else writes in."""
        with self._begin("BEGIN IMMEDIATE") as database:
            yield database

    def check(self) -> None:
        """Raise a :class:`LedgerError` if the file is damaged; asked before anything is paid."""
        with self.read() as database:
            check_integrity(database, self.path)

    def latest(self, key: str) -> Evaluation | None:
        """Return the last attempt at what a key stands for."""
        with self.read() as database:
            return self._latest(database, key)

    def get(self, number: int) -> Evaluation:
        """Return the evaluation with a number.

        Raises:
            LedgerError: If there is none.
        """
        with self.read() as database:
            row = database.execute("SELECT * FROM evaluations WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise self._nothing(str(number))
            return self._evaluation(database, row)

    def find(self, name: str) -> Evaluation:
        """Return the evaluation with a number, or with a job of that id.

        Raises:
            LedgerError: If there is none.
        """
        with self.read() as database:
            for number in (
                "SELECT id FROM evaluations WHERE CAST(id AS TEXT) = ?",
                "SELECT evaluation FROM jobs WHERE job = ?",
                "SELECT evaluation FROM strays JOIN jobs USING (tag) WHERE strays.job = ?",
            ):
                row = database.execute(
                    f"SELECT * FROM evaluations WHERE id = ({number} LIMIT 1)",  # noqa: S608
                    (name,),
                ).fetchone()
                if row is not None:
                    return self._evaluation(database, row)
        raise self._nothing(name)

    def attempts(self, key: str) -> list[Evaluation]:
        """Return all attempts at what a key stands for, the first one first."""
        with self.read() as database:
            rows = database.execute(
                "SELECT * FROM evaluations WHERE key = ? ORDER BY attempt", (key,)
            ).fetchall()
            return [self._evaluation(database, row) for row in rows]

    def evaluation_of(self, tag: str) -> Evaluation:
        """Return the evaluation that a tag belongs to."""
        with self.read() as database:
            row = database.execute("SELECT evaluation FROM jobs WHERE tag = ?", (tag,)).fetchone()
        return self.get(row["evaluation"])

    def evaluations(self) -> list[Evaluation]:
        """Return all evaluations, the oldest first."""
        with self.read() as database:
            rows = database.execute("SELECT * FROM evaluations ORDER BY id").fetchall()
            return [self._evaluation(database, row) for row in rows]

    def begin(
        self, values: Mapping[str, Any], bounds: Sequence[tuple[int, int]], after: int = 0
    ) -> tuple[Evaluation, bool]:
        """Note down a new evaluation, unless it is there already.

        Args:
            values: Columns, without id and attempt.
            bounds: First and last point (exclusive) of each job.
            after: The last attempt that the caller knows and wants another one after.

        Returns:
            The evaluation, and whether it is new.
        """
        with self.write() as database:
            before = self._latest(database, values["key"])
            if before is not None and before.attempt > after:
                return before, False
            row = dict(values) | {
                "attempt": before.attempt + 1 if before else 1,
                "created": now(),
                "resubmitted": now() if before else None,
            }
            number = insert(database, "evaluations", row)
            for chunk, (first, last) in enumerate(bounds):
                _plan(database, number, chunk, first, last)
            found = self._latest(database, values["key"])
            assert found is not None
            return found, True

    def renew(self, evaluation: Evaluation, resubmit: bool) -> Evaluation | None:
        """Plan new jobs in the place of those that are lost or, on request, ended badly.

        Asked again for the same, it changes nothing more until the evaluation is collected.

        Args:
            evaluation: As it was found.
            resubmit: Whether the user wants to pay once more.

        Returns:
            The evaluation with what is planned; None if the user wants another attempt at it.
        """
        renewed = {JobState.LOST, *ENDED_BADLY} if resubmit else {JobState.LOST}
        gone = [job for job in evaluation.jobs if job.state in renewed]
        if resubmit and not gone and (evaluation.collected or not evaluation.resubmitted):
            return None
        with self.write() as database:
            replaced = [job for job in gone if self._replace(database, job)]
            if resubmit and replaced:
                database.execute(
                    "UPDATE evaluations SET resubmitted = ?, collected = NULL WHERE id IN (?, ?)",
                    (now(), evaluation.id, evaluation.head),
                )
        return self.get(evaluation.id)

    def _replace(self, database: sqlite3.Connection, job: JobRow) -> bool:
        """Plan a job in the place of one that is gone; False if another process did."""
        gone = database.execute(
            "UPDATE jobs SET current = 0 WHERE tag = ? AND state = ? AND current = 1",
            (job.tag, job.state),
        )
        if gone.rowcount:
            _plan(database, job.evaluation, job.chunk, job.first, job.last)
        return bool(gone.rowcount)

    def claim(self, job: JobRow, claimed: str | None = None) -> bool:
        """Mark a planned job as being submitted by this process; False if another one did.

        Args:
            job: The job.
            claimed: What time it is, by the service's clock.
        """
        owner = this_process()
        return self.changed(
            "UPDATE jobs SET state = ?, pid = ?, born = ?, host = ?, boot = ?, claimed = ?, "
            "unseen = NULL, note = '', updated = ? WHERE tag = ? AND state = ? AND current = 1",
            *(JobState.SUBMITTING, owner.pid, owner.born, owner.host, owner.boot, claimed, now()),
            *(job.tag, JobState.PLANNED),
        )

    def hold(self, job: JobRow, claimed: str | None) -> bool:
        """Say that a claimed job is sent now; False if it is not this process's any more."""
        owner = this_process()
        return self.changed(
            "UPDATE jobs SET claimed = ?, updated = ? WHERE tag = ? AND state = ? AND current = 1 "
            "AND pid = ? AND host = ?",
            *(claimed, now(), job.tag, JobState.SUBMITTING, owner.pid, owner.host),
        )

    def release(self, job: JobRow, note: str) -> None:
        """Mark a claimed job as planned again: it is known that nothing was sent."""
        self.changed(
            "UPDATE jobs SET state = ?, pid = NULL, born = NULL, claimed = NULL, note = ?, "
            "updated = ? WHERE tag = ? AND state = ?",
            *(JobState.PLANNED, note, now(), job.tag, JobState.SUBMITTING),
        )

    def arrived(self, tag: str, job: str, session: str | None) -> bool:
        """Note the id of a job that carries a tag.

        Returns:
            Whether it is the job that counts; False for one too many.
        """
        with self.write() as database:
            row = database.execute("SELECT * FROM jobs WHERE tag = ?", (tag,)).fetchone()
            if row["current"] and row["job"] is None:
                database.execute(
                    "UPDATE jobs SET state = ?, job = ?, session = ?, note = '', updated = ? "
                    "WHERE tag = ?",
                    (JobState.SUBMITTED, job, session, now(), tag),
                )
                return True
            return bool(row["job"] == job)

    def reinstate(self, job: JobRow) -> bool:
        """Let a replaced job count again, unless the one in its place is on its way."""
        with self.write() as database:
            instead = database.execute(
                "UPDATE jobs SET current = 0, note = 'never sent' "
                "WHERE evaluation = ? AND chunk = ? AND current = 1 AND state = ?",
                (job.evaluation, job.chunk, JobState.PLANNED),
            )
            if instead.rowcount:
                database.execute("UPDATE jobs SET current = 1 WHERE tag = ?", (job.tag,))
            return bool(instead.rowcount)

    def note_stray(self, job: str, tag: str, state: StrayState, note: str) -> None:
        """Note down a job that is not needed, or what became of it."""
        self.changed(
            "INSERT INTO strays (job, tag, state, found, note) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (job) DO UPDATE SET state = excluded.state, note = excluded.note",
            *(job, tag, state, now(), note),
        )

    def update(self, tag: str, **values: Any) -> None:  # noqa: ANN401  # columns
        """Change columns of a job."""
        row = values | {"updated": now()}
        settings = ", ".join(f"{name} = ?" for name in row)
        self.changed(f"UPDATE jobs SET {settings} WHERE tag = ?", *row.values(), tag)  # noqa: S608

    def update_evaluation(self, number: int, **values: Any) -> None:  # noqa: ANN401  # columns
        """Change columns of an evaluation."""
        settings = ", ".join(f"{name} = ?" for name in values)
        self.changed(
            f"UPDATE evaluations SET {settings} WHERE id = ?",  # noqa: S608  # our names
            *(*values.values(), number),
        )

    def rekey(self, before: str, after: str) -> None:
        """Give all attempts at what a key stands for another key."""
        with self.write() as database:
            database.execute("UPDATE evaluations SET key = ? WHERE key = ?", (after, before))

    def set_collected(self, evaluation: int) -> None:
        """Note down that an evaluation is written, with the entries of all its layers."""
        with self.write() as database:
            database.execute(
                "UPDATE evaluations SET collected = ? WHERE id = ? OR parent = ?",
                (now(), evaluation, evaluation),
            )

    def changed(self, statement: str, *values: Any) -> bool:  # noqa: ANN401  # of columns
        """Execute a statement; tell whether it changed one row."""
        with self.write() as database:
            return database.execute(statement, values).rowcount == 1

    def _nothing(self, name: str) -> LedgerError:
        return LedgerError(f"{self.path}: has no evaluation or job {name!r}; see qkdrp jobs list.")

    def _latest(self, database: sqlite3.Connection, key: str) -> Evaluation | None:
        row = database.execute(
            "SELECT * FROM evaluations WHERE key = ? ORDER BY attempt DESC LIMIT 1", (key,)
        ).fetchone()
        return row and self._evaluation(database, row)

    def _evaluation(self, database: sqlite3.Connection, row: sqlite3.Row) -> Evaluation:
        number = row["id"]
        for name in JSON_COLUMNS:
            if not is_object(row[name]):
                raise damaged(self.path, f"{name} of evaluation {number} is no JSON object")
        if row["stages"] is not None and not is_object(row["stages"]):
            raise damaged(self.path, f"stages of evaluation {number} are no JSON object")
        rows = database.execute(
            "SELECT * FROM jobs WHERE evaluation = ? ORDER BY chunk, rowid", (number,)
        )
        jobs = [self._job(each) for each in rows]
        for job in jobs:
            if job.result is not None and not is_object(job.result):
                raise damaged(self.path, f"the result of job {job.job} is no JSON object")
        if not any(job.current for job in jobs):
            raise damaged(self.path, f"evaluation {number} has no jobs")
        strays = database.execute(
            "SELECT strays.* FROM strays JOIN jobs USING (tag) WHERE evaluation = ?", (number,)
        )
        return Evaluation(
            **dict(row),
            jobs=tuple(job for job in jobs if job.current),
            replaced=tuple(job for job in jobs if not job.current),
            strays=tuple(self._stray(each) for each in strays),
        )

    def _job(self, row: sqlite3.Row) -> JobRow:
        try:
            return JobRow(**dict(row) | {"state": JobState(row["state"])})
        except ValueError as error:
            raise damaged(self.path, f"the state of job {row['job']}") from error

    def _stray(self, row: sqlite3.Row) -> StrayJob:
        try:
            return StrayJob(**dict(row) | {"state": StrayState(row["state"])})
        except ValueError as error:
            raise damaged(self.path, f"the state of job {row['job']}") from error


def ledger_path(path: Path | None = None) -> Path:
    """Return the file of a ledger: the one that is given, or that in the user's data folder."""
    return path or platformdirs.user_data_path("qkdrp") / FILE


def insert(database: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    """Insert a row and return its number."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    inserted = database.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608  # our names
        list(row.values()),
    )
    return inserted.lastrowid or 0


def _plan(database: sqlite3.Connection, evaluation: int, chunk: int, first: int, last: int) -> None:
    row = {
        "tag": f"qkdrp-{uuid4().hex}",
        "evaluation": evaluation,
        "chunk": chunk,
        "first": first,
        "last": last,
        "state": JobState.PLANNED,
        "updated": now(),
    }
    insert(database, "jobs", row)


def now() -> str:
    """Return the time by this host's clock, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
