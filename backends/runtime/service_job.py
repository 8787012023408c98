"""One job at the service: its state, its result as it was sent, its cancellation."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from qkdrp.backends.runtime.client_types import ClientService
from qkdrp.backends.runtime.clients import client_errors, plain, quiet
from qkdrp.backends.runtime.ledger_rows import JobState

WAITING = ("INITIALIZING", "PENDING", "QUEUED", "RUNNING")
"""States of a job that goes on."""

ENDS = {
    "DONE": JobState.DONE,
    "COMPLETED": JobState.DONE,
    "CANCELLED": JobState.CANCELLED,
    "FAILED": JobState.FAILED,
    "ERROR": JobState.FAILED,
}
"""What a job ended as, by the first word of its state: the service adds reasons to some."""

TOO_LONG = "RAN TOO LONG"
"""Ending of the state of a job that the service stopped at its limit of time."""

TOO_LONG_CODE = 1305
"""The service's code of the same."""


@dataclass(frozen=True)
class ServiceState:
    """The state of a job.

    Args:
        text: What the service calls it.
        end: State of the ledger that it ended in; None while it goes on, or if unknown.
        known: Whether the service's word is one that we know.
        reason: Why it ended badly, in the service's words; empty where it does not say.
        too_long: Whether the service stopped it at its limit of time.
    """

    text: str
    end: JobState | None
    known: bool
    reason: str = ""
    too_long: bool = False


class ServiceJob:
    """A job of the service.

    The device is not opened: it may be gone when its results are still there.

    Args:
        service: The client's service.
        name: Id of the job.

    Raises:
        BackendError: If the service does not know it, or cannot be reached.
    """

    def __init__(self, service: ClientService, name: str) -> None:
        self.name = name
        with client_errors(f"find job {name}"), _silent():
            self._job = service.job(name)

    def state(self) -> ServiceState:
        """Ask for the state.

        Raises:
            BackendError: If the service cannot be reached, or answers something else.
        """
        with client_errors(f"look at job {self.name}"), _silent():
            try:
                text = str(self._job.status())
            except Exception:
                # For a failed job the client fetches the result, too, which may not be there.
                text = str(getattr(self._job, "_status", ""))
                if first_word(text) not in ENDS:
                    raise
        # The client has no public name for a reason without the whole result after it.
        reason, code, message = (
            getattr(self._job, name, None) for name in ("_reason", "_reason_code", "_error_message")
        )
        too_long = text.upper().endswith(TOO_LONG) or code == TOO_LONG_CODE
        end = JobState.FAILED if too_long else ENDS.get(first_word(text))
        if not reason and message and not too_long:
            reason = str(message).strip().splitlines()[-1]  # of a traceback
        return ServiceState(
            text=text,
            end=end,
            known=end is not None or text.upper() in WAITING,
            reason=plain(reason) if reason else "",
            too_long=too_long,
        )

    def answer(self) -> str:
        """Return the result of a job that is done, as the service sends it.

        Raises:
            BackendError: If it cannot be fetched.
        """
        from qiskit_ibm_runtime.decoders.result_decoder import ResultDecoder

        class AsSent(ResultDecoder):
            @classmethod
            def decode(cls, data: str) -> str:
                return data

        with client_errors(f"fetch the result of job {self.name}"), _silent():
            return str(self._job.result(decoder=AsSent) or "")

    def metrics(self) -> dict[str, Any]:
        """Return what the service measured, such as seconds of the device.

        Raises:
            BackendError: If it cannot be fetched.
        """
        with client_errors(f"fetch the metrics of job {self.name}"):
            return dict(self._job.metrics())

    def cancel(self) -> bool:
        """Cancel the job; tell whether that was still possible.

        Raises:
            BackendError: If the service refuses for another reason than that it has ended.
        """
        from qiskit_ibm_runtime.exceptions import RuntimeInvalidStateError

        with client_errors(f"cancel job {self.name}"):
            try:
                self._job.cancel()
            except RuntimeInvalidStateError:
                return False
        return True


def first_word(text: str) -> str:
    """Return the first word of a state, in capitals."""
    return text.upper().partition(" ")[0]


@contextmanager
def _silent() -> Iterator[None]:
    """Keep the client from logging that a device is gone: its results are what is asked for."""
    logger = logging.getLogger("qiskit_ibm_runtime")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with quiet():
            yield
    finally:
        logger.setLevel(before)
