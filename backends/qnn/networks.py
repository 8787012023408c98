"""Quantum neural networks: ``EstimatorQNN``s that send one PUB for a batch."""

from abc import abstractmethod
from functools import cached_property, partial

import numpy as np
from qiskit.primitives import BaseEstimatorV2
from qiskit_machine_learning.gradients import BaseEstimatorGradient
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends.exact.engine import ExactEngine, Pullback, Reals
from qkdrp.backends.exact.pointwise import PointwiseEngine
from qkdrp.backends.qnn.adjoint_gradient import AdjointEstimatorGradient
from qkdrp.backends.qnn.errors import qnn_errors
from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC, compile_program
from qkdrp.common.errors import CircuitError


class BroadcastQNN(EstimatorQNN):
    """An ``EstimatorQNN`` that sends one PUB, all observables broadcast, at an explicit precision.

    Subclasses say where derivatives come from.

    Stock ``EstimatorQNN`` sends one PUB per observable forward, asks for a precision of 1/64, and
    sends ``2 * parameters * batch * observables`` PUBs backward.

    Args:
        pqc: The circuit with its parameters and observables.
        estimator: The estimator that gives the values.
        gradient: The estimator gradient of the backward pass.
        precision: What the estimator is asked for; 0 is exact.
    """

    def __init__(
        self,
        pqc: PQC,
        estimator: BaseEstimatorV2,
        gradient: BaseEstimatorGradient,
        precision: float = 0.0,
    ) -> None:
        super().__init__(
            circuit=pqc.circuit,
            estimator=estimator,
            observables=list(pqc.observables),  # upstream hands out what it was given
            input_params=pqc.inputs,
            weight_params=pqc.weights,
            gradient=gradient,
            input_gradients=True,
            default_precision=precision,
        )

    @qnn_errors
    def _forward(self, input_data: Reals | None, weights: Reals | None) -> Reals:
        return self.values(*self._both(input_data, weights))

    @qnn_errors
    def _backward(
        self, input_data: Reals | None, weights: Reals | None
    ) -> tuple[Reals | None, Reals]:
        by_inputs, by_weights = self.jacobian(*self._both(input_data, weights))
        return by_inputs if self._input_gradients else None, by_weights

    def _both(self, inputs: Reals | None, weights: Reals | None) -> tuple[Reals, Reals]:
        """Return inputs and weights; upstream passes None on where there are none.

        Raises:
            CircuitError: If there are some.
        """
        inputs = np.zeros((1, 0)) if inputs is None else inputs
        weights = np.zeros(0) if weights is None else weights
        for what, found, expected in (
            ("inputs", inputs.shape[-1], self.num_inputs),
            ("weights", len(weights), self.num_weights),
        ):
            if found != expected:
                raise CircuitError(
                    f"Found {found} {what}, expected {expected}: one per parameter of the circuit."
                )
        return inputs, weights

    def values(self, inputs: Reals, weights: Reals) -> Reals:
        """Return the expectation values, shape (batch, n_outputs).

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
        """
        if len(inputs) == 0:  # Aer crashes on a PUB without points
            return np.zeros((0, *self.output_shape))
        points, _ = self._preprocess_forward(inputs, weights)
        observables = [[observable] for observable in self._observables]
        job = self.estimator.run(
            [(self._circuit, observables, points)], precision=self._default_precision
        )
        return np.asarray(job.result()[0].data.evs).T

    @abstractmethod
    def jacobian(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return the derivatives of every value by every parameter.

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).

        Returns:
            By inputs, shape (batch, n_outputs, n_inputs), and by weights, shape
            (batch, n_outputs, n_weights).
        """

    def vjp(self, inputs: Reals, weights: Reals, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return the vector-Jacobian product.

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
            cotangents: Shape (batch, n_outputs).

        Returns:
            Gradients by inputs, shape (batch, n_inputs), and by weights, shape (n_weights,).
        """
        by_inputs, by_weights = self.jacobian(inputs, weights)
        return (
            np.einsum("bo,boi->bi", cotangents, by_inputs),
            np.einsum("bo,bow->w", cotangents, by_weights),
        )

    def linearise(self, inputs: Reals, weights: Reals) -> tuple[Reals, Pullback]:
        """Return the values, shape (batch, n_outputs), and :meth:`vjp` there as a function.

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
        """
        return self.values(inputs, weights), partial(self.vjp, inputs, weights)


class AdjointQNN(BroadcastQNN):
    """Values from an exact estimator, gradients from the adjoint engine.

    Args:
        pqc: The circuit with its parameters and observables.
        estimator: The estimator that gives the values at precision 0.
    """

    @qnn_errors
    def __init__(self, pqc: PQC, estimator: BaseEstimatorV2) -> None:
        super().__init__(pqc, estimator, AdjointEstimatorGradient(estimator))
        self._engine = ExactEngine(
            compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
        )

    @cached_property
    def pointwise(self) -> PointwiseEngine:
        """Values and derivatives, up to the second, where each point has weights of its own."""
        return PointwiseEngine(self._engine.program)

    def jacobian(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return the derivatives, one adjoint sweep for each observable."""
        return self._engine.jacobian(inputs, weights)

    def vjp(self, inputs: Reals, weights: Reals, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return the vector-Jacobian product by one adjoint sweep."""
        return self._engine.vjp(inputs, weights, cotangents)


class EngineQNN(AdjointQNN):
    """Values, too, straight from the engine, without the detour over a primitive.

    Args:
        pqc: The circuit with its parameters and observables.
        estimator: An exact estimator, for callers that look it up.
        usage: The totals that executions are added to.
    """

    def __init__(self, pqc: PQC, estimator: BaseEstimatorV2, usage: Usage) -> None:
        super().__init__(pqc, estimator)
        self._usage = usage

    def values(self, inputs: Reals, weights: Reals) -> Reals:
        """Return the expectation values, shape (batch, n_outputs).

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
        """
        self._usage.executions += len(inputs)
        return self._engine.values(inputs, weights)

    def linearise(self, inputs: Reals, weights: Reals) -> tuple[Reals, Pullback]:
        """Return the values and :meth:`vjp` there, which goes on from the states of the values.

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
        """
        self._usage.executions += len(inputs)
        return self._engine.linearise(inputs, weights)
