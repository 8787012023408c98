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


def has_no_hash(value: object) -> bool:
    """Tell whether a gate's parameter is a negative constant that Qiskit takes for an expression.

    Such as ``(x - x) - 0.4``, which keeps x among its parameters.
    """
    try:
        hash(value)
    except OverflowError:
        return True
    return False


def with_numbers(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a circuit with numbers where expressions have no hash: Aer looks them up by it."""
    if not any(has_no_hash(value) for gate in circuit.data for value in gate.params):
        return circuit
    plain = circuit.copy_empty_like()
    for gate in circuit.data:
        operation = gate.operation.to_mutable()
        operation.params = [
            float(value.bind(dict.fromkeys(value.parameters, 0.0))) if has_no_hash(value) else value
            for value in gate.params
        ]
        plain.append(gate.replace(operation=operation))
    return plain


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
    columns = {parameter: points[:, at] for at, parameter in enumerate(circuit.parameters)}
    circuit = with_numbers(circuit)
    circuits, binds = circuit, None
    if not all(map(is_bound_by_aer, circuit.data)):
        rows = np.column_stack([columns[each] for each in circuit.parameters])
        circuits = [circuit.assign_parameters(row) for row in rows]
    elif len(circuit.parameters):
        binds = [{each: columns[each].tolist() for each in circuit.parameters}]
    result = simulator.run(circuits, parameter_binds=binds, **options).result()
    if not result.success:
        raise BackendError(f"Aer failed: {result.status}; try fewer qubits.")
    found = [result.data(index) for index in range(len(result.results))]
    return found if len(circuit.parameters) else found * len(points)
