"""What is left of the time that the service allows an instance, and what waits to use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qkdrp.backends.runtime.client_adapters import TAG
from qkdrp.backends.runtime.client_types import ClientService
from qkdrp.backends.runtime.clients import client_errors, open_service, plain
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.waiting_seconds import waiting_seconds
from qkdrp.common.errors import BackendError


@dataclass(frozen=True)
class Quota:
    """Seconds of devices that an instance may use in a window of time.

    The open plan has 10 minutes in any 28 days: seconds come back 28 days after they were used.

    Args:
        consumed: Seconds used in the window, as the service tells.
        limit: Seconds allowed in the window; None where the service tells no limit.
        reached: Whether the service says that nothing is left.
        waiting: Estimated seconds of jobs of the ledger that the service has not ended yet.
        window: First and last moment of the window, as the service writes them; empty if untold.
        problem: Why nothing is known; empty where it is.
    """

    consumed: float = 0.0
    limit: float | None = None
    reached: bool = False
    waiting: float = 0.0
    window: str = ""
    problem: str = ""

    @property
    def left(self) -> float | None:
        """Seconds left once all that waits is done; None where there is no limit, or none known."""
        if self.reached:
            return 0.0
        return None if self.limit is None else max(0.0, self.limit - self.consumed - self.waiting)

    def short_of(self, seconds: float) -> bool:
        """Return whether some seconds are more than what is left."""
        return self.left is not None and seconds > self.left

    def line(self) -> str:
        """Return what is left, in words."""
        if self.problem:
            return f"unknown: {self.problem}"
        window = f" in the window {self.window}" if self.window else " in the account's window"
        used = f"{_minutes(self.consumed)} used"
        if self.waiting:
            used += f", {_minutes(self.waiting)} of submitted jobs to come"
        if self.left is None:
            return f"the service tells no limit; minutes{window}: {used}"
        allowed = "" if self.limit is None else f" of {_minutes(self.limit)}"
        return f"{_minutes(self.left)}{allowed} minutes left{window} ({used})"


def ask_quota(service: ClientService, instance: str, ledger: Ledger | None) -> Quota:
    """Ask the service what is left to an instance; what cannot be asked is unknown, no error.

    Args:
        service: The client's service.
        instance: CRN of the instance that pays.
        ledger: Where submitted jobs are noted down; None to leave them out.
    """
    try:
        with client_errors("ask what is left of the account's time"):
            if service.active_instance() != instance:
                service = open_service(instance)
            told = service.usage()
            return _read(told, _waiting(service, instance, ledger) if ledger else 0.0)
    except BackendError as error:
        return Quota(problem=plain(error))


def _waiting(service: ClientService, instance: str, ledger: Ledger) -> float:
    known = waiting_seconds(ledger, instance)
    if not known:
        return 0.0
    pending = service.jobs(limit=None, job_tags=[TAG], instance=instance, pending=True)
    return sum(known.get(job.job_id(), 0.0) for job in pending)


def _read(told: Mapping[str, Any], waiting: float) -> Quota:
    """Return what the service told; which fields it has depends on the plan."""
    limit = told.get("usage_limit_seconds") or told.get("usage_allocation_seconds")
    period = told.get("usage_period")
    ends = [period.get(name) for name in ("start_time", "end_time")] if period else []
    return Quota(
        consumed=float(told.get("usage_consumed_seconds") or 0),
        limit=None if limit is None else float(limit),
        reached=bool(told.get("usage_limit_reached")),
        waiting=waiting,
        window=" to ".join(map(str, ends)) if all(ends) else "",
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"
