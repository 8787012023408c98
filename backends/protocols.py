"""Capabilities: what some backends offer beyond what all do."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # the ledger and its packages are needed on hardware only
    from qkdrp.backends.runtime.cost import RuntimeCost
    from qkdrp.backends.runtime.ledger import Ledger
    from qkdrp.backends.runtime.ledger_rows import Evaluation
    from qkdrp.backends.runtime.value_request import ValueRequest


@runtime_checkable
class PaidBackend(Protocol):
    """A backend whose values come from jobs that may cost something and are noted in a ledger."""

    on_cost: Callable[["RuntimeCost"], None]
    """Called with what is about to be spent."""

    @property
    def ledger(self) -> "Ledger | None":
        """Where its jobs are noted; None for a device that is simulated here."""

    @property
    def evaluations(self) -> "Sequence[Evaluation]":
        """Where the values of the last request came from, as the ledger holds it."""

    def ask_for(self, request: "ValueRequest") -> None:
        """Say what the values asked for next are for, so that they are paid for once."""

    def gather(self, run_model: Callable[[], object]) -> None:
        """Run a model with several quantum layers until all values of the request are there."""

    def files(self) -> Mapping[str, bytes]:
        """Return jobs, circuit, and values with their errors, as files by name."""
