"""Batches and sessions: opened for jobs, noted down before they are used, closed in any case."""

import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qiskit.exceptions import QiskitError
from requests import RequestException

from qkdrp.backends.runtime.client_types import ClientMode, ClientService, JobTarget
from qkdrp.backends.runtime.clients import Device, client_errors, plain
from qkdrp.backends.runtime.ledger import Ledger, insert
from qkdrp.backends.runtime.ledger_rows import Evaluation, JobRow, JobState, OpenMode
from qkdrp.backends.runtime.owner import this_process
from qkdrp.backends.runtime.service_watch import watch_of
from qkdrp.backends.runtime.settings import Mode, RuntimeSettings

UNUSED_SECONDS = 86400.0
"""After which a batch or session that a process of another host keeps open is taken for left."""

NEVER_HEARD = "its process died before it heard the id; it has no jobs and ends by itself"


@dataclass(frozen=True, eq=False)
class JobPlace:
    """Where jobs are sent.

    Args:
        target: What the client's estimators are given.
        mode: The same, where it is a batch or session; None for a device without one.
    """

    target: JobTarget
    mode: ClientMode | None = None

    @property
    def session(self) -> str | None:
        """The service's id of the batch or session."""
        return self.mode.session_id if self.mode is not None else None


def _open_batch(device: Device, _settings: RuntimeSettings) -> ClientMode:
    from qiskit_ibm_runtime import Batch

    batch: ClientMode = Batch(backend=device.backend)
    return batch


def _open_session(device: Device, settings: RuntimeSettings) -> ClientMode:
    from qiskit_ibm_runtime import Session

    limit = math.ceil(settings.max_qpu_seconds)
    session: ClientMode = Session(backend=device.backend, max_time=limit)
    return session


OPENERS: Mapping[Mode, Callable[[Device, RuntimeSettings], ClientMode]] = {
    Mode.BATCH: _open_batch,
    Mode.SESSION: _open_session,
}
"""How batches and sessions are opened; single jobs need neither."""


class OpenModes:
    """The batches and sessions that a ledger knows.

    Args:
        service: The client's service.
        ledger: The ledger.
    """

    def __init__(self, service: ClientService, ledger: Ledger) -> None:
        self.service, self.ledger = service, ledger

    def open(
        self, device: Device, settings: RuntimeSettings, evaluation: Evaluation, keep: bool
    ) -> JobPlace:
        """Return where jobs are sent, opened and noted down.

        Args:
            device: The device.
            settings: Say whether it is a batch or a session.
            evaluation: What it is for.
            keep: Whether it stays open for more evaluations.

        Raises:
            BackendError: If the service refuses.
        """
        opener = OPENERS.get(settings.mode)
        if opener is None:
            return JobPlace(device.backend)
        number = self._opening(evaluation, settings.mode, keep)
        with client_errors(f"open a {settings.mode}"):
            mode = opener(device, settings)
        self._update(number, session=mode.session_id)
        return JobPlace(mode, mode)

    def _opening(self, evaluation: Evaluation, mode: Mode, keep: bool) -> int:
        owner = this_process()
        row = {
            "mode": mode,
            "evaluation": evaluation.id,
            "instance": evaluation.instance,
            "keep": int(keep),
            "used": self._now(),
            "pid": owner.pid,
            "born": owner.born,
            "host": owner.host,
            "boot": owner.boot,
        }
        with self.ledger.write() as database:
            return insert(database, "modes", row)

    def close(self, place: JobPlace) -> str:
        """Close a batch or session, if it is one; jobs in it go on.

        Returns:
            Why it could not be closed; then it is closed later. Empty where it was.
        """
        mode = place.mode
        if mode is None:
            return ""
        try:
            mode.close()
        except (QiskitError, RequestException) as error:
            return f"{type(mode).__name__.lower()} {mode.session_id} is still open: {plain(error)}"
        self.ledger.changed(
            "UPDATE modes SET closed = ? WHERE session = ?", self._now(), mode.session_id
        )
        return ""

    def used(self, place: JobPlace) -> None:
        """Note down that a batch or session is in use."""
        self.ledger.changed(
            "UPDATE modes SET used = ? WHERE session = ?", self._now(), place.session
        )

    def found(self, evaluation: Evaluation, job: JobRow, session: str, mode: str) -> None:
        """Note down the batch or session of a job that was found at the service."""
        self.ledger.changed(
            "INSERT INTO modes (session, mode, evaluation, instance, keep, pid, born, host, boot, "
            "used) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?) ON CONFLICT (session) DO NOTHING",
            *(session, mode, evaluation.id, evaluation.instance),
            *(job.pid, job.born, job.host, job.boot, self._now()),
        )

    def close_left(self, instance: str) -> list[str]:
        """Close what processes that are gone have left open.

        Args:
            instance: CRN of the instance.

        Returns:
            What the user should know.
        """
        with self.ledger.read() as database:
            rows = database.execute(
                "SELECT * FROM modes WHERE closed IS NULL AND instance = ? ORDER BY id", (instance,)
            ).fetchall()
            left = [
                mode
                for mode in (OpenMode(**dict(row)) for row in rows)
                if self._is_left(database, mode)
            ]
        return [note for mode in left if (note := self._close_left(mode))]

    def _is_left(self, database: sqlite3.Connection, mode: OpenMode) -> bool:
        alive = mode.owner.alive
        if mode.owner.here or alive:
            return False
        if alive is False:
            return True
        busy = database.execute(
            "SELECT 1 FROM jobs WHERE evaluation = ? AND current = 1 AND state IN (?, ?)",
            (mode.evaluation, JobState.PLANNED, JobState.SUBMITTING),
        ).fetchone()
        unused = (watch_of(self.service).now() - _read(mode.used)).total_seconds()
        return unused > UNUSED_SECONDS or not (mode.keep or busy or mode.session is None)

    def _close_left(self, mode: OpenMode) -> str:
        if mode.session is None:
            self._update(mode.id, closed=self._now(), note=NEVER_HEARD)
            return f"a {mode.mode} may have been opened: {NEVER_HEARD}"
        from qiskit_ibm_runtime import Batch, Session

        known: dict[str, tuple[Any, ...]] = {Mode.BATCH: (Batch,), Mode.SESSION: (Session,)}
        kinds = known.get(mode.mode, (Batch, Session))  # the first version did not note the kind
        for number, kind in enumerate(kinds, 1):
            try:
                kind.from_id(mode.session, self.service).close()
                break
            except (QiskitError, RequestException) as error:
                if "not found" in str(error):
                    break
                if number == len(kinds):
                    return f"{mode.mode} {mode.session} is still open: {plain(error)}"
        self._update(mode.id, closed=self._now())
        return ""

    def _update(self, number: int, **values: Any) -> None:  # noqa: ANN401  # columns
        settings = ", ".join(f"{name} = ?" for name in values)
        self.ledger.changed(
            f"UPDATE modes SET {settings} WHERE id = ?",  # noqa: S608  # our names
            *(*values.values(), number),
        )

    def _now(self) -> str:
        return watch_of(self.service).now().isoformat(timespec="seconds")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
