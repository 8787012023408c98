"""A QNN whose gradients are those of its values: shifted circuits, all in one PUB."""

import numpy as np
from qiskit.primitives import BaseEstimatorV2

from qkdrp.backends.exact.engine import Reals
from qkdrp.backends.qnn.networks import BroadcastQNN
from qkdrp.backends.qnn.parameter_shift import BroadcastGradient
from qkdrp.circuits import PQC


class ShiftedQNN(BroadcastQNN):
    """Values from an estimator, gradients by a ``BroadcastGradient``.

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

    def jacobian(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return the derivatives of the estimator's values."""
        points, _ = self._preprocess_forward(inputs, weights)
        found = self._shifts.jacobian(
            self._circuit, self._observables, np.asarray(points), self._default_precision
        )
        return found[..., : self.num_inputs], found[..., self.num_inputs :]
