"""The ledger's file: its schema, older schemas, and what can be wrong with it."""

import sqlite3
from pathlib import Path

import psutil

from qkdrp.common.errors import LedgerError

VERSION = 3
"""Of the schema, kept as SQLite's ``user_version``. The first version had none."""

FIRST = """
CREATE TABLE evaluations (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, attempt INTEGER NOT NULL, created TEXT NOT NULL,
    device TEXT NOT NULL, instance TEXT NOT NULL, estimator TEXT NOT NULL,
    run TEXT, output TEXT, request TEXT NOT NULL, options TEXT NOT NULL,
    circuit TEXT NOT NULL, inputs TEXT NOT NULL, points BLOB NOT NULL,
    prepared BLOB NOT NULL, mapping TEXT NOT NULL, calibrated TEXT NOT NULL,
    cost TEXT NOT NULL, versions TEXT NOT NULL, collected TEXT,
    UNIQUE (key, attempt));
CREATE TABLE jobs (
    tag TEXT PRIMARY KEY, evaluation INTEGER NOT NULL REFERENCES evaluations (id),
    chunk INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, state TEXT NOT NULL,
    job TEXT, session TEXT, pid INTEGER, born REAL, updated TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '', result TEXT)
"""

SECOND = """
ALTER TABLE evaluations ADD COLUMN resubmitted TEXT;
ALTER TABLE jobs ADD COLUMN host TEXT;
ALTER TABLE jobs ADD COLUMN boot TEXT;
ALTER TABLE jobs ADD COLUMN claimed TEXT;
ALTER TABLE jobs ADD COLUMN unseen TEXT;
ALTER TABLE jobs ADD COLUMN current INTEGER NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_of_evaluation ON jobs (evaluation);
CREATE INDEX jobs_by_id ON jobs (job);
CREATE TABLE strays (
    job TEXT PRIMARY KEY, tag TEXT NOT NULL REFERENCES jobs (tag), state TEXT NOT NULL,
    found TEXT NOT NULL, note TEXT NOT NULL DEFAULT '');
CREATE TABLE modes (
    id INTEGER PRIMARY KEY, session TEXT UNIQUE, mode TEXT NOT NULL,
    evaluation INTEGER NOT NULL REFERENCES evaluations (id), instance TEXT NOT NULL,
    keep INTEGER NOT NULL, pid INTEGER, born REAL, host TEXT, boot TEXT, used TEXT NOT NULL,
    closed TEXT, note TEXT NOT NULL DEFAULT '');
CREATE TABLE answers (tag TEXT PRIMARY KEY REFERENCES jobs (tag), content BLOB NOT NULL);
CREATE TABLE destinations (
    evaluation INTEGER NOT NULL REFERENCES evaluations (id), run TEXT NOT NULL,
    output TEXT NOT NULL, request TEXT NOT NULL, written TEXT, PRIMARY KEY (evaluation, output));
INSERT INTO modes (session, mode, evaluation, instance, keep, used)
    SELECT jobs.session, '', evaluations.id, evaluations.instance, 0, min(jobs.updated)
    FROM jobs JOIN evaluations ON jobs.evaluation = evaluations.id
    WHERE jobs.session IS NOT NULL AND evaluations.collected IS NULL GROUP BY jobs.session
"""
"""Batches and sessions of unfinished evaluations may have been left open by the first version."""

THIRD = """
ALTER TABLE evaluations ADD COLUMN parent INTEGER REFERENCES evaluations (id);
ALTER TABLE evaluations ADD COLUMN layer TEXT NOT NULL DEFAULT '';
ALTER TABLE evaluations ADD COLUMN call INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluations ADD COLUMN stages TEXT;
CREATE INDEX evaluations_of_parent ON evaluations (parent)
"""
"""Models with several quantum layers: entries of all layers under one evaluation."""

STEPS = (FIRST, SECOND, THIRD)
"""What makes each version of the schema from the one before it."""

HINTS = {
    sqlite3.SQLITE_FULL: "free some space on its disk",
    sqlite3.SQLITE_READONLY: "make it and its folder writable",
    sqlite3.SQLITE_PERM: "make it and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "make its folder readable and writable",
    sqlite3.SQLITE_NOTADB: "it is no SQLite file; give another --ledger",
}
"""What to do, by SQLite's code of what is wrong."""

LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def migrate(database: sqlite3.Connection, path: Path) -> None:
    """Bring a database, in a transaction, to the present schema.

    Raises:
        LedgerError: If it is a database of something else.
    """
    tables = tables_of(database)
    at = version_of(database, path) or (1 if {"evaluations", "jobs"} <= tables else 0)
    if not at and tables:
        raise LedgerError(
            f"{path}: is a database of another program, with tables {', '.join(sorted(tables))}; "
            "give another --ledger."
        )
    if at:
        check_integrity(database, path)
    for step in STEPS[at:]:
        for statement in step.split(";"):
            database.execute(statement)
    database.execute(f"PRAGMA user_version = {VERSION}")


def version_of(database: sqlite3.Connection, path: Path) -> int:
    """Return the version of a database's schema; 0 where it says none.

    Raises:
        LedgerError: If it is newer than this program.
    """
    found = int(database.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise LedgerError(
            f"{path}: was written by a newer qkdrp (schema {found}, this one reads up to "
            f"{VERSION}): update qkdrp; nothing was sent."
        )
    return found


def tables_of(database: sqlite3.Connection) -> set[str]:
    """Return the names of a database's tables."""
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {row[0] for row in rows}


def check_integrity(database: sqlite3.Connection, path: Path) -> None:
    """Raise a :class:`LedgerError` if SQLite finds a database damaged."""
    (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise damaged(path, " ".join(str(found).split()))


def damaged(path: Path, what: str) -> LedgerError:
    """Return the error of a ledger whose content is damaged.

    Args:
        path: The ledger.
        what: Is damaged, in words.
    """
    return LedgerError(
        f"{path}: the ledger is damaged ({what}): put back a copy of it; with another --ledger, "
        "what was submitted would be paid again."
    )


def ledger_error(path: Path, error: sqlite3.Error) -> LedgerError:
    """Return an error of SQLite's in one line that says what to do."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in LOCKED:
        held = " and ".join(holders(path)) or "another process"
        return LedgerError(f"{path}: the ledger is busy, {held} writes to it: ask again.")
    if code == sqlite3.SQLITE_CORRUPT or "decode" in str(error):
        return damaged(path, str(error))
    hint = HINTS.get(code, "ask again; with another --ledger, what was submitted would be paid")
    return LedgerError(f"{path}: cannot be used as a ledger ({error}): {hint}.")


def holders(path: Path) -> list[str]:
    """Return in words which other processes of this host have a file open."""
    ours, found = psutil.Process().pid, []
    for process in psutil.process_iter(["pid", "name"]):
        try:
            if process.pid != ours and any(
                file.path == str(path.resolve()) for file in process.open_files()
            ):
                found.append(f"process {process.pid} ({process.info['name']})")
        except (psutil.Error, OSError):
            continue
    return found
