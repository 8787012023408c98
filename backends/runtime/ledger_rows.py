"""Rows of the ledger: evaluations, their jobs, and what they left at the service."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from qkdrp.backends.runtime.owner import Owner


class JobState(StrEnum):
    """States of a job in the ledger, as its table holds them."""

    PLANNED = "planned"
    """It has cost nothing yet."""

    SUBMITTING = "submitting"
    """It may have reached the service."""

    SUBMITTED = "submitted"
    """The service has it."""

    DONE = "done"
    """Its values are in the ledger."""

    FAILED = "failed"
    CANCELLED = "cancelled"

    LOST = "lost"
    """It did not reach the service in all the time that a submission can take."""


class StrayState(StrEnum):
    """States of a job that is not needed, as the ledger's table holds them."""

    FOUND = "found"
    """It is still to be cancelled."""

    CANCELLED = "cancelled"
    ENDED = "ended"


ENDED_BADLY = (JobState.FAILED, JobState.CANCELLED)
"""States of a job that ended without values."""

WORST_FIRST = (
    *ENDED_BADLY,
    JobState.LOST,
    JobState.PLANNED,
    JobState.SUBMITTING,
    JobState.SUBMITTED,
    JobState.DONE,
)
"""Which state of its jobs an evaluation is in: the first of these that one of them is in."""

UNSENT = (JobState.PLANNED, JobState.SUBMITTING, JobState.LOST)
"""States of a job that is not known to have reached the service."""


@dataclass(frozen=True)
class JobRow:
    """One submission of a job, by its tag; fields as the columns of the table.

    Args:
        tag: Carried by the job at the service.
        evaluation: Which it is of.
        chunk: Place among the jobs of the evaluation.
        first: Its first point.
        last: Its last point, exclusive.
        state: Its state.
        job: The service's id.
        session: Id of its batch or session.
        pid: Process that submitted it.
        born: When that process began.
        updated: When the row changed last, by the clock of the host that changed it.
        note: What there is to say.
        result: Its values, as JSON.
        host: Host of the process.
        boot: Run of that host's system.
        claimed: When its submission began, by the service's clock.
        unseen: When the service was first asked for it in vain after the process had died, by the
            service's clock.
        current: 1 for the job that counts, 0 for one that was replaced.
        settled: 1 once no further job can turn up under its tag.
    """

    tag: str
    evaluation: int
    chunk: int
    first: int
    last: int
    state: JobState
    job: str | None
    session: str | None
    pid: int | None
    born: float | None
    updated: str
    note: str
    result: str | None
    host: str | None = None
    boot: str | None = None
    claimed: str | None = None
    unseen: str | None = None
    current: int = 1
    settled: int = 0

    @property
    def owner(self) -> Owner:
        """The process that submitted it."""
        return Owner(self.pid, self.born, self.host, self.boot)

    @property
    def charged_seconds(self) -> float | None:
        """Seconds of the device that the service charged; None where it has not told."""
        kept = json.loads(self.result) if self.result else {}
        used = (kept.get("metrics") or {}).get("usage") or {}
        told = (used.get(name) for name in ("quantum_seconds", "qpu_charge_time_seconds"))
        return next((float(each) for each in told if each is not None), None)

    @property
    def busy(self) -> bool:
        """Whether another process, known to live, is submitting it right now."""
        return bool(self.owner.alive) and not self.owner.here


@dataclass(frozen=True)
class StrayJob:
    """A job at the service that is not needed; fields as the columns of the table."""

    job: str
    tag: str
    state: StrayState
    found: str
    note: str


@dataclass(frozen=True)
class OpenMode:
    """A batch or session that was opened; fields as the columns of the table.

    Args:
        id: Number of the row.
        session: The service's id; None until it is heard.
        mode: ``batch`` or ``session``.
        evaluation: What it was opened for.
        instance: CRN of the instance.
        keep: 1 if its process keeps it for more jobs.
        pid: Process that opened it.
        born: When that process began.
        host: Host of the process.
        boot: Run of that host's system.
        used: When it was last used, by the service's clock.
        closed: When it was closed; None while it is open.
        note: What there is to say.
    """

    id: int
    session: str | None
    mode: str
    evaluation: int
    instance: str
    keep: int
    pid: int | None
    born: float | None
    host: str | None
    boot: str | None
    used: str
    closed: str | None
    note: str

    @property
    def owner(self) -> Owner:
        """The process that opened it."""
        return Owner(self.pid, self.born, self.host, self.boot)


@dataclass(frozen=True)
class Evaluation:
    """An evaluation and its jobs; fields as the columns of the table.

    ``jobs`` are those that count, ``replaced`` those that others took the place of, ``strays`` jobs
    that are not needed. Of models with several quantum layers each ``layer`` has an entry of its
    own: the first one holds the plan, ``stages``, and is the ``parent`` of the others; ``call``
    counts the requests of one layer.
    """

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
    resubmitted: str | None = None
    parent: int | None = None
    layer: str = ""
    call: int = 0
    stages: str | None = None
    jobs: tuple[JobRow, ...] = ()
    replaced: tuple[JobRow, ...] = ()
    strays: tuple[StrayJob, ...] = ()

    @property
    def head(self) -> int:
        """Number of the whole evaluation that it belongs to: its own for a single layer."""
        return self.id if self.parent is None else self.parent

    @property
    def staged(self) -> bool:
        """Whether it is of a model with several quantum layers."""
        return self.parent is not None or self.stages is not None

    @property
    def later(self) -> str:
        """The command that goes on with it once jobs have ended."""
        if self.staged:
            return f"qkdrp jobs continue {self.head}"
        return f"qkdrp jobs collect {self.id}"

    @property
    def state(self) -> JobState | Literal["collected"]:
        """The state in one word: the worst of its jobs, ``collected`` when all is written."""
        if self.collected:
            return "collected"
        states = {job.state for job in self.jobs}
        return next(state for state in WORST_FIRST if state in states)

    @property
    def has_values(self) -> bool:
        """Whether the values of all its jobs are in the ledger."""
        return all(job.state == JobState.DONE for job in self.jobs)

    @property
    def all_sent(self) -> bool:
        """Whether each of its jobs reached the service."""
        return all(job.state not in UNSENT for job in self.jobs)


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """Return what can be shown of an evaluation, as JSON."""
    shown = {
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
        "jobs": [_shown(job) for job in evaluation.jobs],
    }
    if evaluation.staged:
        shown |= {"layer": evaluation.layer, "parent": evaluation.parent}
    if evaluation.replaced:
        shown["replaced"] = [_shown(job) for job in evaluation.replaced]
    if evaluation.strays:
        shown["not_needed"] = [
            {"id": each.job, "tag": each.tag, "state": each.state, "note": each.note}
            for each in evaluation.strays
        ]
    return shown


def _shown(job: JobRow) -> Mapping[str, Any]:
    return {
        "id": job.job,
        "session": job.session,
        "state": job.state,
        "points": [job.first, job.last],
        "tag": job.tag,
        "updated": job.updated,
        "charged_seconds": job.charged_seconds,
        "note": job.note,
    }


def is_object(text: object) -> bool:
    """Return whether a text is a JSON object."""
    try:
        return isinstance(text, str) and isinstance(json.loads(text), dict)
    except ValueError:
        return False
