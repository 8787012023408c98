"""Collecting jobs: waiting for them, taking their values. Nothing here can submit one."""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import numpy as np

from qkdrp.backends.runtime.answers import (
    Values,
    keep_answer,
    kept_answer,
    pack_values,
    read_answer,
    unpack_values,
)
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import ENDED_BADLY, Evaluation, JobRow, JobState
from qkdrp.backends.runtime.service_job import ServiceJob, ServiceState
from qkdrp.common.errors import BackendError, JobsPendingError, QkdrpError

POLL_SECONDS, POLL_GROWTH, LONGEST_POLL = 0.5, 1.5, 15.0
"""Between two looks at a job: grows, since queues are long."""

PATIENT_POLLS = 6
"""Looks that may fail in a row, each retried by the client already, before we give up waiting."""

UNKNOWN_SECONDS = 300.0
"""How long a job may be in a state that we do not know before we stop waiting for it."""

FETCHES = 2
"""How often a result is fetched that cannot be read, or lacks values, before it is believed."""


class JobCollection:
    """Collects the jobs of a ledger.

    Args:
        service: Gives the client's service; called only if something is to be asked.
        ledger: Where the jobs are noted down.
        on_progress: Called with how many jobs have ended and how many there are.
    """

    def __init__(
        self,
        service: Callable[[], Any],
        ledger: Ledger,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self.service, self.ledger, self.on_progress = service, ledger, on_progress

    def values(self, evaluation: Evaluation, wait: bool) -> Values:
        """Return the values of an evaluation, from the ledger or from the service.

        Args:
            evaluation: Its jobs.
            wait: Whether to wait until the jobs have ended.

        Raises:
            JobsPendingError: If jobs have not ended and nobody waits.
            BackendError: If a job ended badly, or its result cannot be read.
        """
        self.fetch(evaluation, wait)
        found = self.ledger.find(str(evaluation.id))
        parts = [unpack_values(job.result, _shape(found, job)) for job in found.jobs]
        return Values(
            np.concatenate([part.evs for part in parts]),
            np.concatenate([part.stds for part in parts]),
        )

    def fetch(self, evaluation: Evaluation, wait: bool) -> None:
        """Bring all jobs of an evaluation up to date, with the values of those that are done.

        One job that fails or goes on keeps no other from being fetched.

        Raises:
            JobsPendingError: If a job has not ended and nobody waits.
            BackendError: If a job ended badly, or its result cannot be read.
        """
        pending: JobsPendingError | None = None
        problem: QkdrpError | None = None
        for number, job in enumerate(evaluation.jobs):
            self.on_progress(number, len(evaluation.jobs))
            try:
                self._fetch(evaluation, job, wait)
            except JobsPendingError as error:
                pending = pending or error
            except QkdrpError as error:
                problem = problem or error
        if found := problem or pending:
            raise found
        self.on_progress(len(evaluation.jobs), len(evaluation.jobs))

    def fetch_all(self, evaluations: Iterable[Evaluation], wait: bool) -> None:
        """Do as :meth:`fetch` for several evaluations; none keeps another from being fetched.

        Raises:
            JobsPendingError: If a job has not ended and nobody waits.
            BackendError: If a job ended badly, or its result cannot be read.
        """
        problems: list[QkdrpError] = []
        for each in evaluations:
            try:
                self.fetch(each, wait)
            except QkdrpError as error:
                problems.append(error)
        problems.sort(key=lambda error: isinstance(error, JobsPendingError))
        if problems:
            raise problems[0]

    def _fetch(self, evaluation: Evaluation, job: JobRow, wait: bool) -> None:
        shape = _shape(evaluation, job)
        if job.state == JobState.DONE:
            with suppress(BackendError):
                unpack_values(job.result, shape)
                return
        if job.state in ENDED_BADLY:
            raise _bad_end(evaluation, job, job.state, job.note)
        if job.state == JobState.SUBMITTING:
            raise JobsPendingError(
                f"Evaluation {evaluation.head}: a job is being submitted; later: "
                f"{evaluation.later}."
            )
        if job.job is None:
            raise BackendError(
                f"Evaluation {evaluation.id}: a job {job.note or 'was not submitted'}; "
                "evaluate the run again with the same options to submit it."
            )
        try:
            there = ServiceJob(self.service(), job.job)
            state = self._await(evaluation, there, wait)
            if state.end == JobState.DONE:
                self._take(evaluation, job, there)
                return
        except JobsPendingError:
            raise
        except BackendError:
            if not self._take_kept(evaluation, job):
                raise
            return
        note = _reason(evaluation, state)
        self.ledger.update(job.tag, state=state.end, note=note)
        raise _bad_end(evaluation, job, state.end or JobState.FAILED, note)

    def _await(self, evaluation: Evaluation, there: ServiceJob, wait: bool) -> ServiceState:
        pause, failed, unknown_since = POLL_SECONDS, 0, None
        while True:
            try:
                state, failed = there.state(), 0
            except BackendError as error:
                failed += 1
                if failed >= PATIENT_POLLS or not wait:
                    raise _goes_on(evaluation, error) from None
            else:
                if state.end is not None:
                    return state
                unknown_since = None if state.known else unknown_since or time.monotonic()
                if not wait or _for_long(unknown_since):
                    raise _not_ended(evaluation, there.name, state)
            time.sleep(pause)
            pause = min(LONGEST_POLL, pause * POLL_GROWTH)

    def _take(self, evaluation: Evaluation, job: JobRow, there: ServiceJob) -> None:
        """Fetch, keep, read and check a result; only then is the job done."""
        shape, values, problem = _shape(evaluation, job), None, ""
        for _ in range(FETCHES):
            answer = there.answer()
            keep_answer(self.ledger, job.tag, answer, replace=False)
            try:
                values = read_answer(answer, evaluation.estimator, shape)
            except BackendError as error:
                problem = str(error)
                continue
            keep_answer(self.ledger, job.tag, answer, replace=True)
            if values.complete:
                break
        if values is None:
            raise BackendError(
                f"The result of job {there.name} {problem}: it is kept in the ledger as it came, "
                f"and at the service; try {evaluation.later} once more, or with "
                "another version of qiskit-ibm-runtime."
            )
        more = {}
        with suppress(BackendError):  # values are what counts
            more["metrics"] = there.metrics()
        self._keep(job, values, **more)

    def _take_kept(self, evaluation: Evaluation, job: JobRow) -> bool:
        """Read a result that was kept, where the service no longer gives it; tell whether it is."""
        answer = kept_answer(self.ledger, job.tag)
        if answer is None:
            return False
        try:
            values = read_answer(answer, evaluation.estimator, _shape(evaluation, job))
        except BackendError:
            return False
        self._keep(job, values)
        return True

    def _keep(self, job: JobRow, values: Values, **more: Any) -> None:  # noqa: ANN401  # as JSON
        note = "; ".join(values.notes())
        self.ledger.update(
            job.tag, state=JobState.DONE, result=pack_values(values, **more), note=note
        )


def _shape(evaluation: Evaluation, job: JobRow) -> tuple[int, int]:
    """Return how many points and observables a job was asked for."""
    return job.last - job.first, len(json.loads(evaluation.mapping)["observables"])


def _for_long(unknown_since: float | None) -> bool:
    """Tell whether a job has been in an unknown state for too long to wait on."""
    return unknown_since is not None and time.monotonic() - unknown_since >= UNKNOWN_SECONDS


def _goes_on(evaluation: Evaluation, error: BackendError) -> BackendError:
    return BackendError(f"{str(error).rstrip('.')}; it goes on there: {evaluation.later}.")


def _not_ended(evaluation: Evaluation, job: str, state: ServiceState) -> JobsPendingError:
    where = (
        f"is {state.text.lower()} and has not ended"
        if state.known
        else f"is in state {state.text!r}, which this version does not know, and may not have ended"
    )
    return JobsPendingError(f"Job {job} {where}; later: {evaluation.later}.")


def _reason(evaluation: Evaluation, state: ServiceState) -> str:
    """Return why a job ended badly, with the limit where that was it."""
    if not state.too_long:
        return state.reason
    limit = json.loads(evaluation.options).get("max_qpu_seconds")
    said = f" ({state.reason})" if state.reason else ""
    return (
        f"the service stopped it, it ran too long{said}: --max-qpu-seconds was {limit:g} for "
        f"{len(evaluation.jobs)} job{'s' * (len(evaluation.jobs) > 1)}; give more"
    )


def _bad_end(evaluation: Evaluation, job: JobRow, state: str, note: str) -> BackendError:
    return BackendError(
        f"Job {job.job} {'was cancelled' if state == JobState.CANCELLED else 'failed'}"
        f"{': ' + note.rstrip('.') if note else ''}; evaluate the run again with --resubmit to "
        f"pay for another (evaluation {evaluation.id})."
    )
