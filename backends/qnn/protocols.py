"""Capabilities: what some QNNs offer beyond ``forward`` and ``backward``."""

from typing import Protocol, TypeGuard, runtime_checkable

from qkdrp.backends.exact.engine import Pullback, Reals
from qkdrp.backends.exact.pointwise import PointwiseEngine


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
