"""Running Aer's simulator at many points at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator

from qkdrp.common.errors import BackendError


def saved(
    simulator: AerSimulator,
    circuit: QuantumCircuit,
    points: NDArray[np.float64],
    **options: Any,  # noqa: ANN401  # whatever Aer takes
) -> list[dict[str, Any]]:
    """Return what a circuit saves at each point, all of them one run.

    Args:
        simulator: What runs.
        circuit: With instructions that save.
        points: Parameters in the circuit's order, shape (n_points, n_parameters).
        options: Of the run.

    Raises:
        BackendError: If Aer fails.
    """
    if not len(points):
        return []  # Aer would crash the process
    binds = {p: points[:, i].tolist() for i, p in enumerate(circuit.parameters)}
    result = simulator.run(circuit, parameter_binds=[binds] if binds else None, **options).result()
    if not result.success:
        raise BackendError(f"Aer failed: {result.status}; try fewer qubits.")
    found = [result.data(index) for index in range(len(result.results))]
    return found if binds else found * len(points)
