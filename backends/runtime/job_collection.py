"""Collecting jobs: waiting for them, taking their values."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.exceptions import QiskitError
from requests import RequestException

from qkdrp.backends.runtime.clients import Device, client_errors, plain
from qkdrp.backends.runtime.estimators import quiet
from qkdrp.backends.runtime.ledger import (
    CANCELLED,
    DONE,
    ENDED_BADLY,
    FAILED,
    LOST,
    PLANNED,
    Evaluation,
    JobRow,
    Ledger,
)
from qkdrp.common.errors import BackendError, JobsPendingError

POLL_SECONDS, POLL_GROWTH, LONGEST_POLL = 0.5, 1.5, 15.0
"""Between two looks at a job: grows, since queues are long."""

PATIENT_POLLS = 6
"""Looks that may fail in a row, each retried by the client already, before we give up waiting."""

ENDS = {"DONE": DONE, "ERROR": FAILED, "CANCELLED": CANCELLED}
"""States of a job that has ended, by the client's names."""

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """Values of an evaluation.

    Args:
        evs: Expectation values, shape (n_points, n_observables).
        stds: Their standard errors, same shape.
    """

    evs: Reals
    stds: Reals


class JobCollection:
    """Collects the jobs of a ledger from one device.

    Args:
        device: Where they are.
        ledger: Where they are noted down.
        on_progress: Called with how many jobs have ended and how many there are.
    """

    def __init__(
        self,
        device: Device,
        ledger: Ledger,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self.device, self.ledger, self.on_progress = device, ledger, on_progress

    def values(self, evaluation: Evaluation, n_observables: int, wait: bool) -> Values:
        """Return the values of an evaluation, from the service or from the ledger.

        Args:
            evaluation: Its jobs.
            n_observables: Of each point.
            wait: Whether to wait until the jobs have ended.

        Raises:
            JobsPendingError: If jobs have not ended and nobody waits.
            BackendError: If a job ended badly, or its result cannot be read.
        """
        jobs = evaluation.jobs
        for number, job in enumerate(jobs):
            if job.state in {PLANNED, LOST}:
                raise JobsPendingError(
                    f"Evaluation {evaluation.id}: {job.note or 'a job was not submitted'}; "
                    "evaluate the run again with the same options to submit it."
                )
            self.on_progress(number, len(jobs))
            self.fetch(evaluation, job, wait)
        self.on_progress(len(jobs), len(jobs))
        found = self.ledger.find(str(evaluation.id))
        results = [json.loads(job.result or "") for job in found.jobs]
        n_points = found.jobs[-1].last
        evs, stds = (
            np.concatenate([np.array(result[name]).T for result in results])
            for name in ("evs", "stds")
        )
        if evs.shape != (n_points, n_observables):
            raise BackendError(
                f"Evaluation {evaluation.id}: found values of shape {evs.shape}, expected "
                f"({n_points}, {n_observables}); the job was of another evaluation."
            )
        return Values(evs, stds)

    def fetch(self, evaluation: Evaluation, job: JobRow, wait: bool) -> None:
        """Bring a job of the ledger up to date, with its values once it is done.

        Raises:
            JobsPendingError: If it has not ended and nobody waits.
            BackendError: If it ended badly, or its result cannot be read.
        """
        if job.state == DONE:
            return
        if job.state in ENDED_BADLY:
            raise _bad_end(evaluation, job.job, job.state, job.note)
        with client_errors(f"find job {job.job}"):
            there = self.device.service.job(job.job)
        state = self._await(evaluation, there, wait)
        if state != DONE:
            with client_errors(f"read why job {job.job} ended"):
                note = " ".join((there.error_message() or "").split())
            self.ledger.update(job.tag, state=state, note=note)
            raise _bad_end(evaluation, job.job, state, note)
        self.ledger.update(job.tag, state=DONE, result=json.dumps(self._result(evaluation, there)))

    def _await(self, evaluation: Evaluation, there: Any, wait: bool) -> str:  # noqa: ANN401
        pause, failed = POLL_SECONDS, 0
        while True:
            try:
                state = ENDS.get(there.status())
                failed = 0
            except (QiskitError, RequestException) as error:
                state, failed = None, failed + 1
                if failed >= PATIENT_POLLS or not wait:
                    raise BackendError(
                        f"IBM Quantum: could not look at job {there.job_id()}: {plain(error)}; "
                        f"it goes on there: qkdrp jobs collect {evaluation.id}."
                    ) from None
            if state is not None:
                return state
            if not wait:
                raise JobsPendingError(
                    f"Job {there.job_id()} has not ended; later: qkdrp jobs collect "
                    f"{evaluation.id}."
                )
            time.sleep(pause)
            pause = min(LONGEST_POLL, pause * POLL_GROWTH)

    def _result(self, evaluation: Evaluation, there: Any) -> dict[str, Any]:  # noqa: ANN401
        job = there.job_id()
        try:
            with quiet():
                data = there.result()[0].data
            found: dict[str, Any] = {
                "evs": np.asarray(data.evs, dtype=float).tolist(),
                "stds": np.asarray(data.stds, dtype=float).tolist(),
            }
        except (QiskitError, RequestException) as error:
            raise BackendError(
                f"IBM Quantum: could not fetch the result of job {job}: {plain(error)}; "
                f"it is kept there: qkdrp jobs collect {evaluation.id}."
            ) from None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise BackendError(
                f"The result of job {job} cannot be read ({type(error).__name__}): it is kept at "
                f"the service; try qkdrp jobs collect {evaluation.id} once more, or with another "
                "version of qiskit-ibm-runtime."
            ) from None
        with suppress(
            QiskitError, RequestException, KeyError, ValueError
        ):  # values are what counts
            found["metrics"] = there.metrics()
        return found


def _bad_end(evaluation: Evaluation, job: str | None, state: str, note: str) -> BackendError:
    return BackendError(
        f"Job {job} {'was cancelled' if state == CANCELLED else 'failed'}"
        f"{': ' + note.rstrip('.') if note else ''}; evaluate the run again with --resubmit to "
        f"pay for another (evaluation {evaluation.id})."
    )
