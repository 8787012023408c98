"""One evaluation of any QNN, forward and backward, on arrays."""

import math
from functools import partial
from typing import Any

import numpy as np
from qiskit_machine_learning.neural_networks import NeuralNetwork

from qkdrp.backends.exact.engine import Pullback, Reals
from qkdrp.backends.exact.pointwise import PointwiseEngine
from qkdrp.backends.qnn.errors import also_qiskit, qnn_errors
from qkdrp.backends.qnn.protocols import ExactQNN, is_differentiable
from qkdrp.common.errors import BackendError


class Evaluation:
    """One forward pass of a QNN, and what its backward pass goes on from.

    Args:
        qnn: One with ``linearise``, or any other, which is asked for its Jacobians.
        keep: Whether a backward pass is expected.
    """

    def __init__(self, qnn: NeuralNetwork, *, keep: bool) -> None:
        self.qnn, self.keep = qnn, keep
        self._pull_back: Pullback | None = None

    @property
    def kept(self) -> bool:
        """Whether :meth:`pull_back` can go on from values."""
        return self._pull_back is not None

    @property
    def n_outputs(self) -> int:
        """Number of values per sample."""
        return math.prod(self.qnn.output_shape)

    def values(self, inputs: Reals, weights: Reals) -> Reals:
        """Return the values, shape (batch, n_outputs).

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.
        """
        return self.linearise(inputs, weights) if self.keep else self._forward(inputs, weights)

    def linearise(self, inputs: Reals, weights: Reals) -> Reals:
        """Return the values, shape (batch, n_outputs), and be ready for :meth:`pull_back`."""
        if is_differentiable(self.qnn):
            values, self._pull_back = self.qnn.linearise(inputs, weights)
        else:
            values = self._forward(inputs, weights)
            self._pull_back = partial(self._by_jacobian, inputs, weights)
        return values

    @qnn_errors
    def pull_back(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return gradients by inputs, shape (batch, n_inputs), and by weights, (n_weights,).

        Args:
            cotangents: Shape (batch, n_outputs).
        """
        assert self._pull_back is not None
        return self._pull_back(cotangents)

    @qnn_errors
    def pointwise(self) -> PointwiseEngine:
        """Return the engine of second derivatives and of weights that differ within a batch.

        Raises:
            BackendError: If the QNN is not exact.
        """
        if isinstance(self.qnn, ExactQNN):
            return self.qnn.pointwise
        raise also_qiskit(
            BackendError(
                f"{type(self.qnn).__name__} has no more than first derivatives, by one vector of "
                "weights for the whole batch: for second derivatives, for vmap over weights and "
                "for gradients per sample use a QNN of aer_exact or statevector."
            )
        )

    def check_input_gradients(self) -> None:
        """Raise where the inputs' gradients are wanted but turned off.

        Raises:
            BackendError: Says how to turn them on.
        """
        if not (is_differentiable(self.qnn) or self.qnn.input_gradients):
            raise also_qiskit(
                BackendError(
                    "Found input_gradients=False, expected True where the inputs of the layer need "
                    "gradients: turn them on in the QNN."
                )
            )

    def _forward(self, inputs: Reals, weights: Reals) -> Reals:
        if len(inputs) == 0:
            return np.zeros((0, self.n_outputs))
        return _dense(self.qnn.forward(inputs, weights)).reshape(len(inputs), self.n_outputs)

    def _by_jacobian(self, inputs: Reals, weights: Reals, cotangents: Reals) -> tuple[Reals, Reals]:
        found = (None, None) if len(inputs) == 0 else self.qnn.backward(inputs, weights)
        by_inputs, by_weights = (
            _jacobian(each, (*cotangents.shape, width))
            for each, width in zip(found, (inputs.shape[1], len(weights)), strict=True)
        )
        return (
            np.einsum("bo,boi->bi", cotangents, by_inputs),
            np.einsum("bo,bow->w", cotangents, by_weights),
        )


def _jacobian(found: Any, shape: tuple[int, ...]) -> Reals:  # noqa: ANN401  # sparse, or None
    """Return a Jacobian of shape (batch, n_outputs, width); None is upstream's for nothing."""
    return np.zeros(shape) if found is None else _dense(found).reshape(shape)


def _dense(array: Any) -> Reals:  # noqa: ANN401  # of numpy or of the package sparse
    return np.asarray(array if isinstance(array, np.ndarray) else array.todense())
