"""Jobs of the service on this machine, and faults that befall requests to it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

TRUNCATED = '{"schema_version": "v2.0", "data": [{"results": '
"""A result that does not decode."""


@dataclass
class Job:
    """A job that was submitted."""

    id: str
    body: dict[str, Any]
    ready: float
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    result: Future[str] | None = None
    outcome: str = "Completed"
    reason: str = ""
    arrived: float = 0.0
    reason_code: int = 1517
    seconds: float = 0.0

    def goes_on(self, now: float) -> bool:
        return self.view(now)["status"] in {"Queued", "Running"}

    def charged(self, now: float) -> float:
        """Return the seconds that are charged: nothing before a job is done, or if it is not."""
        return self.seconds if self.view(now)["status"] == "Completed" else 0.0

    def view(self, now: float) -> dict[str, Any]:
        done = now >= self.ready and (self.result is None or self.result.done())
        if done and self.result is not None and (error := self.result.exception()):
            self.outcome, self.reason = "Failed", repr(error)
        state: dict[str, Any] = {"status": self.outcome}
        if self.outcome != "Cancelled" and not done:
            state = {"status": "Queued" if now < self.ready else "Running"}
        elif self.reason:
            state |= {"reason": self.reason, "reason_code": self.reason_code}
        return {
            "id": self.id,
            "backend": self.body["backend"],
            "created": self.created,
            "program": {"id": self.body["program_id"]},
            "state": state,
            "status": state["status"],
            "session_id": self.body.get("session_id"),
            "tags": self.body.get("tags", []),
            "estimated_running_time_seconds": self.seconds,
        }


@dataclass
class Fault:
    """What befalls the next requests to a path.

    Args:
        method: Of the request.
        path: Regular expression of the whole path.
        action: ``"503"`` or another status code; ``"reset"``; ``"reset after"``: the work is done,
            the reply is lost; ``"500 after"``: the work is done, the reply says that it failed;
            ``"reply after"``: the work is done, the reply is ``reply``.
        times: How often.
        before: Called when it strikes.
        headers: Sent along with the reply.
        reply: Status and content of the reply.
    """

    method: str
    path: str
    action: str
    times: int = 1
    before: Callable[[], None] = lambda: None
    headers: dict[str, str] = field(default_factory=dict)
    reply: tuple[int, Any] = (200, None)

    def answer(self, work: Callable[[str], tuple[int, Any]], path: str) -> tuple[int, Any]:
        """Do what the fault leaves of the work, and return the reply."""
        code, _, after = self.action.partition(" ")
        if after or not code.isdigit():
            done = work(path)
            if code == "reply":
                return self.reply
            if not code.isdigit():
                return done
        return int(code), {"error": {"message": f"told to answer {code}", "code": int(code)}}


def sent_result(server: Any, job: Job) -> tuple[int, Any]:
    """Return what a server sends where the result of a job is asked for."""
    if server.spoil:
        return 200, TRUNCATED
    if job.result is not None:
        return 200, server.tamper(job.result.result())
    if server.wreckage is None:
        return 404, {"error": {"message": "no such result", "code": 404}}
    return 200, server.wreckage
