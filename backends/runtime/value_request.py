"""What values are asked for, so that jobs that were paid for them are found again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from qkdrp.backends.runtime.ledger_rows import Evaluation


class ProgressOfRequest(Protocol):
    """Whoever asks for values, and is told how their jobs come along."""

    def noted(self, evaluation: Evaluation) -> None:
        """Be told that an evaluation is in the ledger; nothing of it was sent yet."""

    def sent(self, evaluation: Evaluation) -> None:
        """Be told that all jobs of an evaluation are at the service; values are waited for next."""


@dataclass(frozen=True)
class ValueRequest:
    """A request for values that may have to be paid for.

    Args:
        identity: Digest of what decides the values: the same request has the same one.
        origin: What they are for; the ledger keeps it as ``run``.
        content: All that is needed to ask once more, as JSON; the ledger keeps it.
        asker: Told how the jobs come along.
    """

    identity: str
    origin: str
    content: Mapping[str, Any]
    asker: ProgressOfRequest
