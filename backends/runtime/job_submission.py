"""Submitting jobs once."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime.client_adapters import ADAPTERS, JobOrder
from qkdrp.backends.runtime.client_types import ClientJob
from qkdrp.backends.runtime.clients import Device, plain, quiet
from qkdrp.backends.runtime.job_search import JobSearch
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, JobRow, JobState
from qkdrp.backends.runtime.open_modes import JobPlace
from qkdrp.backends.runtime.service_watch import TOO_MANY, Submission, watch_of
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.common.errors import BackendError

LONGEST_RETRY = 120.0
"""Seconds that a submission may be put off by a service that says when to ask again."""

DEFAULT_RETRY = 10.0
"""Seconds to wait where it does not say."""


class JobSubmission:
    """Submits the planned jobs of a ledger to one device.

    Args:
        device: Where they go.
        ledger: Where they are noted down.
        on_progress: Called with how many jobs of an evaluation were looked at, and how many it has.
    """

    def __init__(
        self,
        device: Device,
        ledger: Ledger,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        assert device.service is not None  # jobs of a fake device are not submitted
        self.device, self.ledger, self.on_progress = device, ledger, on_progress
        self.search = JobSearch(device.service, device.instance, ledger)

    def submit(
        self,
        evaluation: Evaluation,
        pubs: Sequence[EstimatorPub],
        settings: RuntimeSettings,
        open_place: Callable[[], JobPlace],
        seconds: int,
    ) -> list[int]:
        """Send every planned job that no other process sends, each noted down before and after.

        Args:
            evaluation: Its jobs.
            pubs: One for each job.
            settings: How.
            open_place: Gives where jobs are sent; called only for jobs that are.
            seconds: After which the service stops each job.

        Returns:
            Which jobs were sent, by their places.

        Raises:
            BackendError: If the service refuses, or does not answer.
        """
        adapter = ADAPTERS[evaluation.estimator]
        sent = []
        for number, job in enumerate(evaluation.jobs):
            self.on_progress(number, len(evaluation.jobs))

            def send(job: JobRow = job) -> tuple[str, str | None]:
                place = open_place()
                order = JobOrder(pubs[job.chunk], settings, job.tag, seconds)
                with quiet():
                    found = adapter.submit(place.target, order)
                return _id_of(found), place.session

            if job.state == JobState.PLANNED and self._send(evaluation, job, send):
                sent.append(job.chunk)
        self.on_progress(len(evaluation.jobs), len(evaluation.jobs))
        return sent

    def _send(
        self, evaluation: Evaluation, job: JobRow, send: Callable[[], tuple[str, str | None]]
    ) -> bool:
        """Send one job; tell whether it was sent, rather than claimed by another process."""
        waited, watch = 0.0, watch_of(self.device.service)
        while self.ledger.claim(job, self._now()):
            with watch.submission(partial(self._hold, job)) as request:
                try:
                    found, session = send()
                except BaseException as error:  # noqa: BLE001  # whatever it is, was something sent?
                    pause = self._failed(evaluation, job, request, error, waited)
                    if pause is None:
                        return True
                    waited += pause
                    time.sleep(pause)
                    continue
            if not self.ledger.arrived(job.tag, found, session):
                self.search.spare(job.tag, found)
            elif request.repeated:
                self.search.recheck(evaluation)
            return True
        return False

    def _hold(self, job: JobRow) -> None:
        """Stop the request for a job that another process has taken for lost in the meantime."""
        if not self.ledger.hold(job, self._now()):
            raise BackendError("Another process took this job for lost, and submits it")

    def _failed(
        self,
        evaluation: Evaluation,
        job: JobRow,
        request: Submission,
        error: BaseException,
        waited: float,
    ) -> float | None:
        """Say what became of a submission that ended in an error.

        Returns:
            Seconds after which to try again; None if the job arrived in spite of the error.
        """
        why = plain(error)
        if request.not_sent:
            self.ledger.release(job, why)
            pause = request.retry_after or DEFAULT_RETRY
            if request.status == TOO_MANY and waited + pause <= LONGEST_RETRY:
                return pause
            if not isinstance(error, Exception):
                raise error
            if request.refused:
                raise BackendError(f"Refused: {request.reason or why}; nothing was sent.") from None
            said = str(error) if isinstance(error, BackendError) else f"Could not submit: {why}"
            raise BackendError(f"{said.rstrip('.')}; nothing was sent.") from None
        if not isinstance(error, Exception):
            raise error
        self.ledger.update(job.tag, note=why)
        try:
            there = self.search.look(evaluation, job)
        except BackendError:
            there = False
        if not there:
            raise BackendError(
                f"IBM Quantum: could not submit: {why}; whether it arrived is not known: the same "
                "command looks for it, and submits it if not."
            ) from None
        return None

    def _now(self) -> str | None:
        told = watch_of(self.device.service).told
        return told.isoformat(timespec="seconds") if told else None


def _id_of(job: ClientJob) -> str:
    """Return the id that the service gave a job."""
    found: object = job.job_id()
    if not isinstance(found, str) or not found.strip():
        raise BackendError(f"The service answered without an id of the job: {found!r}.")
    return found
