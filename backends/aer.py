"""Running Aer's simulator at many points at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction
from qiskit_aer import AerSimulator

from qkdrp.common.errors import BackendError

BOUND_BY_AER = frozenset(
    ("p", "r", "rx", "rxx", "ry", "ryy", "rz", "rzx", "rzz", "u", "u1", "u2", "u3")
)
"""Gates whose parameters Aer binds; it drops cp, crx, cry, crz, cu, cu1 and cu3 without a word."""


def is_bound_by_aer(instruction: CircuitInstruction) -> bool:
    """Tell whether Aer binds the parameters of an instruction, if it has any."""
    if not instruction.is_parameterized():
        return True
    return bool(instruction.is_standard_gate()) and instruction.name in BOUND_BY_AER


def saved(
    simulator: AerSimulator,
    circuit: QuantumCircuit,
    points: NDArray[np.float64],
    **options: Any,  # noqa: ANN401  # whatever Aer takes
) -> list[dict[str, Any]]:
    """Return what a circuit saves at each point, all of them one run.

    Aer binds the parameters where it can, since binding them in Python takes longer.

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
    circuits, binds = circuit, None
    if not all(map(is_bound_by_aer, circuit.data)):
        circuits = [circuit.assign_parameters(point) for point in points]
    elif len(circuit.parameters):
        binds = [{p: points[:, i].tolist() for i, p in enumerate(circuit.parameters)}]
    result = simulator.run(circuits, parameter_binds=binds, **options).result()
    if not result.success:
        raise BackendError(f"Aer failed: {result.status}; try fewer qubits.")
    found = [result.data(index) for index in range(len(result.results))]
    return found if len(circuit.parameters) else found * len(points)
