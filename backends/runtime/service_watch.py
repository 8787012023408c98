"""Watching the HTTP requests of the runtime client: whether one left, and the service's clock.

The client turns every failure into an error of its own. Whether a job may have arrived is known
only where requests leave: nothing was sent before the request for the job left, and nothing came of
it if the service refused it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

UNCLEAR = frozenset({408, 499})
"""Status codes below 500 that leave open whether a request was carried out."""

TOO_MANY = 429
"""Status code of a request that may be sent again later."""


@dataclass
class Submission:
    """What is known of one submission.

    Args:
        before: Called when the request for the job is about to leave; may stop it by an error.
        left: Whether the request left.
        status: HTTP status of the last answer to any request.
        answered: HTTP status of the answer to the request for the job; None without one.
        repeated: Whether the client sent that request more than once.
        reason: What the service said.
        retry_after: Seconds after which the service wants to be asked again.
    """

    before: Callable[[], None]
    left: bool = False
    status: int | None = None
    answered: int | None = None
    repeated: bool = False
    reason: str = ""
    retry_after: float | None = None

    @property
    def not_sent(self) -> bool:
        """Whether it is known that no job came of it."""
        return not self.left or (self.refused and not self.repeated)

    @property
    def refused(self) -> bool:
        """Whether the last answer was a refusal."""
        status = self.answered if self.left else self.status
        return status is not None and 400 <= status < 500 and status not in UNCLEAR


class ServiceWatch:
    """Sees all requests of a client's service.

    Attributes:
        blind: Whether the client could not be watched: then nothing is known.
    """

    def __init__(self, blind: bool = False) -> None:
        self.blind = blind
        self._seen: tuple[datetime, float] | None = None
        self._submission: Submission | None = None

    @property
    def told(self) -> datetime | None:
        """The time by the service's clock; None where it has not told yet."""
        if self._seen is None:
            return None
        told, at = self._seen
        return told + timedelta(seconds=time.monotonic() - at)

    def now(self) -> datetime:
        """Return the time by the service's clock; by this host's where it has not told."""
        return self.told or datetime.now(UTC)

    @contextmanager
    def submission(self, before: Callable[[], None]) -> Iterator[Submission]:
        """Watch one submission.

        Args:
            before: Called when the request for the job is about to leave.
        """
        self._submission = Submission(before, left=self.blind)
        try:
            yield self._submission
        finally:
            self._submission = None

    def leaving(self, request: PreparedRequest) -> bool:
        """Take note of a request that is about to leave; tell whether it is one for a job."""
        path = (request.path_url or "").partition("?")[0]
        submits = request.method == "POST" and path.endswith("/jobs")
        if submits and self._submission is not None:
            self._submission.before()
            self._submission.left = True
        return submits

    def arriving(self, response: Response, submits: bool) -> None:
        """Take note of an answer."""
        told = _time_of(response)
        if told is not None:
            self._seen = told, time.monotonic()
        found = self._submission
        if found is None:
            return
        found.status = response.status_code
        found.retry_after = _seconds(response.headers.get("Retry-After"))
        found.reason = _reason(response)
        if submits:
            found.answered = response.status_code
            found.repeated |= bool(getattr(response.raw.retries, "history", ()))

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        """Return the watch itself: the client copies its connections."""
        return self


class _Carrier(BaseAdapter):
    """Carries requests as another carrier does, and tells the watch."""

    def __init__(self, carrier: BaseAdapter, watch: ServiceWatch) -> None:
        super().__init__()
        self.carrier, self.watch = carrier, watch

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Send a request."""
        submits = self.watch.leaving(request)
        response = self.carrier.send(request, *args, **kwargs)
        self.watch.arriving(response, submits)
        return response

    def close(self) -> None:
        """Close the connections."""
        self.carrier.close()


def watch_of(service: Any) -> ServiceWatch:  # noqa: ANN401  # private parts of the client
    """Return the watch of a service, one for each, on all connections that it has by now."""
    try:
        clients = [*service._get_api_clients().values(), service._get_api_client()]
        sessions = [client._session for client in clients]
        carriers = [each for session in sessions for each in session.adapters.values()]
    except (AttributeError, TypeError):  # another version of the client
        return ServiceWatch(blind=True)
    watches = [each.watch for each in carriers if isinstance(each, _Carrier)]
    watch = watches[0] if watches else ServiceWatch()
    for session in sessions:
        for prefix, carrier in [*session.adapters.items()]:
            if not isinstance(carrier, _Carrier):
                session.mount(prefix, _Carrier(carrier, watch))
    return watch


def _time_of(response: Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


def _seconds(text: str | None) -> float | None:
    """Return what a ``Retry-After`` says; dates are rare and taken for nothing said."""
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return None


def _reason(response: Response) -> str:
    if response.ok:
        return ""
    try:
        content = response.json()
        error = content.get("error") or content["errors"][0]
        return " ".join(str(error["message"]).split())
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return " ".join(f"{response.status_code} {response.reason or ''}".split())
