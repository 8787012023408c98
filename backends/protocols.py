"""Capabilities: what some QNNs and backends offer beyond what all do."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard, runtime_checkable

from qkdrp.backends.exact.engine import Pullback, Reals
from qkdrp.backends.exact.pointwise import PointwiseEngine

if TYPE_CHECKING:  # the ledger and its packages are needed on hardware only
    from qkdrp.backends.runtime.cost import RuntimeCost
    from qkdrp.backends.runtime.ledger import Ledger
    from qkdrp.backends.runtime.ledger_rows import Evaluation
    from qkdrp.backends.runtime.value_request import ValueRequest


@runtime_checkable
class DifferentiableQNN(Protocol):
    """A QNN with vector-Jacobian products: one backward pass whatever the number of outputs."""

    def linearise(self, inputs: Reals, weights: Reals) -> tuple[Reals, Pullback]:
        """Return the values, shape (batch, n_outputs), and how cotangents are pulled back there.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.
        """


@runtime_checkable
class ExactQNN(DifferentiableQNN, Protocol):
    """A QNN whose values are exact, with second derivatives and with weights per point."""

    @property
    def pointwise(self) -> PointwiseEngine:
        """Values and derivatives where each point has weights of its own."""


def is_differentiable(qnn: object) -> TypeGuard[DifferentiableQNN]:
    """Tell whether a QNN is a :class:`DifferentiableQNN`.

    Asking for its class takes a thirtieth of the time of ``isinstance``: a layer asks in each step.
    """
    return issubclass(type(qnn), DifferentiableQNN)


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

    def files(self) -> Mapping[str, bytes]:
        """Return jobs, circuit, and values with their errors, as files by name."""
