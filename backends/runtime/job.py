"""The job of an estimator whose values come from elsewhere."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from qiskit.primitives import BasePrimitiveJob, PrimitiveResult, PubResult


class DeviceJob(BasePrimitiveJob[PrimitiveResult[PubResult], str]):
    """Values that are waited for where they are asked for, so that Ctrl-C ends the waiting.

    Args:
        fetches: Give the result of each PUB.
    """

    def __init__(self, fetches: Sequence[Callable[[], PubResult]]) -> None:
        super().__init__(job_id=uuid4().hex)
        self._fetches = fetches
        self._result: PrimitiveResult[PubResult] | None = None

    def result(self) -> PrimitiveResult[PubResult]:
        """Return the values, once."""
        if self._result is None:
            found = [fetch() for fetch in self._fetches]
            self._result = PrimitiveResult(found, metadata={"version": 2})
        return self._result

    def status(self) -> str:
        """Return whether values were fetched."""
        return "DONE" if self.done() else "RUNNING"

    def done(self) -> bool:
        """Tell whether values were fetched."""
        return self._result is not None

    def running(self) -> bool:
        """Tell whether values are still to be fetched."""
        return not self.done()

    def cancelled(self) -> bool:
        """Jobs are cancelled by the ledger, not here."""
        return False

    def in_final_state(self) -> bool:
        """Tell whether values were fetched."""
        return self.done()

    def cancel(self) -> None:
        """Jobs are cancelled by the ledger, not here."""
