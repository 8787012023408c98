"""Gradients in the form that qiskit-machine-learning asks for, with equal circuits together."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.providers import Options
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.operators.base_operator import BaseOperator
from qiskit_machine_learning.gradients import EstimatorGradientResult

from qkdrp.backends.exact.engine import Reals


def gradients_in_batches(
    circuits: Sequence[QuantumCircuit],
    observables: Sequence[BaseOperator],
    parameter_values: Sequence[Sequence[float]] | np.ndarray,
    parameters: Sequence[Sequence[Parameter]],
    slopes: Callable[[QuantumCircuit, SparsePauliOp, Reals], Reals],
) -> EstimatorGradientResult:
    """Return the gradients that ``BaseEstimatorGradient.run`` is asked for.

    Points of the same circuit and observable are one call.

    Args:
        circuits: One for each gradient.
        observables: One for each gradient.
        parameter_values: The point of each gradient.
        parameters: By which parameters each gradient is.
        slopes: Gives the derivatives of an observable by all parameters of a circuit, shape
            (n_points, n_parameters), at points of the same shape.
    """
    batches = defaultdict(list)
    for index, (circuit, observable) in enumerate(zip(circuits, observables, strict=True)):
        batches[id(circuit), id(observable)].append(index)
    gradients: list[np.ndarray] = [np.empty(0)] * len(circuits)
    for indices in batches.values():
        circuit, observable = circuits[indices[0]], observables[indices[0]]
        points = np.array([parameter_values[index] for index in indices], dtype=float)
        names = list(circuit.parameters)
        found = slopes(circuit, SparsePauliOp(observable), points)
        for row, index in zip(found, indices, strict=True):
            gradients[index] = row[[names.index(wanted) for wanted in parameters[index]]]
    metadata = [{"parameters": list(wanted)} for wanted in parameters]
    return EstimatorGradientResult(gradients, metadata, Options())
