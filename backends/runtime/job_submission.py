"""Submitting jobs once, and finding again those whose submission got no answer."""

from collections.abc import Sequence
from typing import Any

from qiskit.exceptions import QiskitError
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from requests import RequestException

from qkdrp.backends.runtime.clients import Device, client_errors, plain
from qkdrp.backends.runtime.estimators import ADAPTERS, quiet
from qkdrp.backends.runtime.ledger import (
    LOST,
    PLANNED,
    SUBMITTED,
    SUBMITTING,
    Evaluation,
    JobRow,
    Ledger,
)
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.common.errors import BackendError

UNCERTAIN_SECONDS = 60.0
"""How long a submission without an answer may still turn up at the service."""


class JobSubmission:
    """Submits the planned jobs of a ledger to one device.

    Args:
        device: Where they go.
        ledger: Where they are noted down.
    """

    def __init__(self, device: Device, ledger: Ledger) -> None:
        self.device, self.ledger = device, ledger

    def locate(self, evaluation: Evaluation) -> Evaluation:
        """Find out which submissions without an answer reached the service, by their tags.

        Raises:
            BackendError: If another process is submitting right now, or it is too early to tell.
        """
        for job in evaluation.jobs:
            if job.state != SUBMITTING:
                continue
            if job.busy:
                raise BackendError(
                    f"Evaluation {evaluation.id} is being submitted by process {job.pid} right "
                    "now: ask again when it is done."
                )
            self._look_up(job)
        return self.ledger.find(str(evaluation.id))

    def _look_up(self, job: JobRow) -> None:
        with client_errors(f"look for the job with tag {job.tag}"):
            there = self.device.service.jobs(
                limit=None, job_tags=[job.tag], instance=self.device.instance
            )
        if there:
            self.ledger.update(
                job.tag, state=SUBMITTED, job=there[0].job_id(), session=there[0].session_id
            )
        elif job.age >= UNCERTAIN_SECONDS:
            self.ledger.update(job.tag, state=LOST, note="never reached the service")
        else:
            raise BackendError(
                f"The submission of {job.age:.0f} s ago got no answer and is not at the service "
                f"yet: ask again in {UNCERTAIN_SECONDS - job.age:.0f} s; nothing is paid twice."
            )

    def submit(
        self,
        evaluation: Evaluation,
        pubs: Sequence[EstimatorPub],
        settings: RuntimeSettings,
        mode: Any,  # noqa: ANN401  # a backend, batch or session of the client
        seconds: Sequence[int],
    ) -> Evaluation:
        """Send every planned job, each noted down before and after.

        Args:
            evaluation: Its jobs.
            pubs: One for each job.
            settings: How.
            mode: Where to.
            seconds: After which the service stops each job.

        Raises:
            BackendError: If the service refuses, or does not answer.
        """
        adapter = ADAPTERS[evaluation.estimator]
        for job in evaluation.jobs:
            if job.state != PLANNED or not self.ledger.claim(job):
                continue
            try:
                with quiet():
                    sent = adapter.submit(
                        mode, pubs[job.chunk], settings, job.tag, seconds[job.chunk]
                    )
            except (QiskitError, RequestException, ValueError, KeyError) as error:
                if isinstance(error, ValueError) and not isinstance(error, RequestException):
                    self.ledger.update(job.tag, state=PLANNED, pid=None)
                    raise BackendError(
                        f"qiskit-ibm-runtime refused the job: {plain(error)}; nothing was sent."
                    ) from None
                self._unanswered(job, error)
                continue
            session = getattr(mode, "session_id", None)
            self.ledger.update(job.tag, state=SUBMITTED, job=sent.job_id(), session=session)
        return self.ledger.find(str(evaluation.id))

    def _unanswered(self, job: JobRow, error: Exception) -> None:
        """Go on if a job is at the service in spite of an error; raise if not."""
        why = plain(error)
        self.ledger.update(job.tag, note=why)
        try:
            with client_errors("look"):
                there = self.device.service.jobs(
                    limit=None, job_tags=[job.tag], instance=self.device.instance
                )
        except BackendError:
            there = []
        if not there:
            raise BackendError(
                f"IBM Quantum: could not submit: {why}; the ledger has noted it, the same "
                "command looks whether it arrived, and submits it if not."
            ) from None
        self.ledger.update(
            job.tag, state=SUBMITTED, job=there[0].job_id(), session=there[0].session_id
        )
