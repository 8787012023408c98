"""Adjoint gradients with the interface of qiskit-machine-learning."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import BaseEstimatorV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.operators.base_operator import BaseOperator
from qiskit_machine_learning.gradients import BaseEstimatorGradient, EstimatorGradientResult

from qkdrp.backends.exact.engine import ExactEngine, Reals
from qkdrp.backends.qnn.gradient_batches import gradients_in_batches
from qkdrp.circuits import compile_program


class AdjointEstimatorGradient(BaseEstimatorGradient):
    """Exact gradients by adjoint sweeps; the estimator itself is never asked.

    Serves a stock ``EstimatorQNN(gradient=...)`` under a stock ``TorchConnector``. A batch of one
    circuit is one sweep per observable, however many parameters there are.

    Args:
        estimator: The estimator of the values, kept for callers that look it up.
    """

    def __init__(self, estimator: BaseEstimatorV2) -> None:
        super().__init__(estimator)

    def _run(
        self,
        circuits: Sequence[QuantumCircuit],
        observables: Sequence[BaseOperator],
        parameter_values: Sequence[Sequence[float]] | np.ndarray,
        parameters: Sequence[Sequence[Parameter]],
        **_options: Any,  # noqa: ANN401  # signature of the base class
    ) -> EstimatorGradientResult:
        return gradients_in_batches(circuits, observables, parameter_values, parameters, _slopes)


def _slopes(circuit: QuantumCircuit, observable: SparsePauliOp, points: Reals) -> Reals:
    """Return the derivatives by all parameters, shape (n_points, n_parameters)."""
    program = compile_program(circuit, [observable], list(circuit.parameters), [])
    found, _ = ExactEngine(program).vjp(points, np.empty(0), np.ones((len(points), 1)))
    return found
