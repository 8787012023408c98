"""A QNN whose gradients are those of its values: shifted circuits, all in one PUB."""

from functools import partial

import numpy as np
from qiskit.primitives import BaseEstimatorV2

from qkdrp.backends.engine import Pullback, Reals
from qkdrp.backends.qnn import BroadcastQNN
from qkdrp.backends.shifts import BroadcastGradient
from qkdrp.circuits import PQC


class ShiftedQNN(BroadcastQNN):
    """Values from an estimator, gradients by a :class:`~qkdrp.backends.shifts.BroadcastGradient`.

    Args:
        pqc: The circuit with its parameters and observables.
        estimator: The estimator that gives the values.
        gradient: The gradient of those values.
        precision: What the estimator is asked for.
    """

    def __init__(
        self,
        pqc: PQC,
        estimator: BaseEstimatorV2,
        gradient: BroadcastGradient,
        precision: float,
    ) -> None:
        super().__init__(pqc, estimator, gradient, precision)
        self._shifts = gradient

    def _backward(  # type: ignore[override]  # a PQC has both
        self, input_data: Reals, weights: Reals
    ) -> tuple[Reals | None, Reals]:
        by_inputs, by_weights = self._jacobians(input_data, weights)
        return by_inputs if self._input_gradients else None, by_weights

    def _jacobians(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        points, _ = self._preprocess_forward(inputs, weights)
        found = self._shifts.jacobian(
            self._circuit, self._observables, np.asarray(points), self._default_precision
        )
        return found[..., : self.num_inputs], found[..., self.num_inputs :]

    def linearise(self, inputs: Reals, weights: Reals) -> tuple[Reals, Pullback]:
        """Return the values, shape (batch, n_outputs), and how cotangents are pulled back there.

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
        """
        return self.forward(inputs, weights), partial(self.vjp, inputs, weights)

    def vjp(self, inputs: Reals, weights: Reals, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return the vector-Jacobian product.

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
            cotangents: Shape (batch, n_outputs).

        Returns:
            Gradients by inputs, shape (batch, n_inputs), and by weights, shape (n_weights,).
        """
        by_inputs, by_weights = self._jacobians(inputs, weights)
        return (
            np.einsum("bo,boi->bi", cotangents, by_inputs),
            np.einsum("bo,bow->w", cotangents, by_weights),
        )
