"""Adjoint gradients behind the interface of qiskit-machine-learning."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import BaseEstimatorV2
from qiskit.providers import Options
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.operators.base_operator import BaseOperator
from qiskit_machine_learning.gradients import BaseEstimatorGradient, EstimatorGradientResult

from qkdrp.backends.exact.engine import ExactEngine
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
        batches = defaultdict(list)
        for index, (circuit, observable) in enumerate(zip(circuits, observables, strict=True)):
            batches[id(circuit), id(observable)].append(index)

        gradients: list[np.ndarray] = [np.empty(0)] * len(circuits)
        for indices in batches.values():
            circuit, observable = circuits[indices[0]], observables[indices[0]]
            names = list(circuit.parameters)
            program = compile_program(circuit, [SparsePauliOp(observable)], names, [])
            values = np.array([parameter_values[index] for index in indices], dtype=float)
            by_parameter, _ = ExactEngine(program).vjp(
                values, np.empty(0), np.ones((len(indices), 1))
            )
            for row, index in zip(by_parameter, indices, strict=True):
                gradients[index] = row[[names.index(wanted) for wanted in parameters[index]]]
        metadata = [{"parameters": list(wanted)} for wanted in parameters]
        return EstimatorGradientResult(gradients, metadata, Options())
