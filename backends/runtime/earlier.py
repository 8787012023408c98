"""Evaluations in ledgers of version 0.1.0, recognised by their exact values."""

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import Statevector

from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.circuits import PQC

COMPARED = 3
"""Points of an evaluation at which values are compared."""

SAME_VALUE = 1e-6
"""By how much values of the same circuit in other gates may differ."""


def has_values_of(prepared: PreparedCircuit, points: NDArray[np.float64], pqc: PQC) -> bool:
    """Tell whether what was sent is a circuit, by exact values at some of the points.

    Version 0.1.0 found evaluations by a digest that some circuits share, so that an evaluation
    found by it may be of another circuit.

    Args:
        prepared: The circuit that was sent.
        points: Shape (n_points, n_parameters).
        pqc: The circuit.
    """
    stored = prepared.pqc
    names = [[each.name for each in (*one.inputs, *one.weights)] for one in (stored, pqc)]
    if names[0] != names[1] or points.shape[1:] != (len(names[0]),):
        return False
    shown = points[np.unique(np.linspace(0, len(points) - 1, COMPARED).astype(int))]
    before, now = _values(stored, shown), _values(pqc, shown)
    return before.shape == now.shape and np.allclose(before, now, rtol=0, atol=SAME_VALUE)


def _values(pqc: PQC, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return exact values of any gates, shape (n_points, n_outputs)."""
    parameters = [*pqc.inputs, *pqc.weights]
    values = []
    for point in points:
        bound = pqc.circuit.assign_parameters(dict(zip(parameters, point, strict=True)))
        state = Statevector(bound)
        values.append([state.expectation_value(each).real for each in pqc.observables])
    return np.array(values)
