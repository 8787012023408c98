"""Digests of circuits: the same circuit has the same digest everywhere.

Circuits that do different things have different digests. Gates are told apart by what they do,
not by their names, down to the definitions of composite gates and every entry of a matrix. Digests
are the same in every process and on every machine; names that Qiskit counts up (``circuit-162``)
and labels are not in them.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlledGate,
    Delay,
    Parameter,
    ParameterExpression,
)
from qiskit.circuit.library import (
    DiagonalGate,
    HamiltonianGate,
    Initialize,
    PauliGate,
    StatePreparation,
    UnitaryGate,
    get_standard_gate_name_mapping,
)
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits.pqc import PQC
from qkdrp.common.digests import digest_of
from qkdrp.common.errors import CircuitError

TOLD_BY_PARAMETERS = (
    DiagonalGate,
    HamiltonianGate,
    Initialize,
    PauliGate,
    StatePreparation,
    UnitaryGate,
)
"""Gates whose parameters say all of them; their definitions are computed, and the last bits of
what is computed differ between machines."""


def pqc_digest(pqc: PQC) -> str:
    """Return the digest of a circuit, its observables, and the order of inputs and weights.

    The global phase is left out where it changes no expectation value: outside of definitions.

    Args:
        pqc: The circuit.

    Raises:
        CircuitError: If the circuit holds a gate that cannot be told from others.
    """
    observables = [
        [[letters, list(qubits), _value(factor)] for letters, qubits, factor in op.to_sparse_list()]
        for op in pqc.observables
    ]
    names = [[each.name for each in parameters] for parameters in (pqc.inputs, pqc.weights)]
    return digest_of([_instructions(pqc.circuit), observables, names])


def legacy_digest(circuit: QuantumCircuit, observables: Sequence[SparsePauliOp]) -> str:
    """Return the digest by which ledgers of version 0.1.0 know a circuit.

    It does not tell composite gates of one name apart, nor large matrices: whoever finds something
    by it has to look whether it is of the same circuit.

    Args:
        circuit: The circuit.
        observables: Its observables.
    """
    instructions = [
        [
            instruction.name,
            [str(parameter) for parameter in getattr(instruction.operation, "params", ())],
            [circuit.find_bit(bit).index for bit in instruction.qubits],
        ]
        for instruction in circuit.data
    ]
    read = [
        [[letters, list(qubits), str(factor)] for letters, qubits, factor in op.to_sparse_list()]
        for op in observables
    ]
    return digest_of([circuit.num_qubits, instructions, read])


def _instructions(circuit: QuantumCircuit) -> list[Any]:
    """Return what a circuit does, as JSON."""
    return [
        circuit.num_qubits,
        [
            [
                _operation(instruction.operation),
                [circuit.find_bit(bit).index for bit in instruction.qubits],
            ]
            for instruction in circuit.data
        ],
    ]


def _operation(operation: Any) -> list[Any]:  # noqa: ANN401  # Qiskit's operations share no class
    """Return what an operation does, as JSON."""
    if isinstance(operation, AnnotatedOperation):
        modifiers = [[type(each).__name__, vars(each)] for each in operation.modifiers]
        return ["modified", _operation(operation.base_op), modifiers]
    kind = getattr(operation, "base_class", type(operation))
    if kind in _standard_gates() or kind in TOLD_BY_PARAMETERS:
        state = getattr(operation, "ctrl_state", None)
        unit = operation.unit if isinstance(operation, Delay) else None
        width = operation.num_qubits
        return ["gate", kind.__name__, width, _value(operation.params), state, unit]
    if isinstance(operation, ControlledGate):
        controls = [operation.num_ctrl_qubits, operation.ctrl_state]
        return ["controlled", controls, _operation(operation.base_gate)]
    definition = getattr(operation, "definition", None)
    if definition is not None:
        phase = _value(definition.global_phase)  # which matters where the gate is controlled
        return ["composite", phase, _instructions(definition)]
    if hasattr(operation, "to_instruction"):  # a Clifford, for one
        return _operation(operation.to_instruction())
    width = operation.num_qubits
    return ["undefined", kind.__name__, operation.name, width, _value(operation.params)]


@cache
def _standard_gates() -> frozenset[type]:
    return frozenset(gate.base_class for gate in get_standard_gate_name_mapping().values())


def _value(value: Any) -> Any:  # noqa: ANN401  # whatever Qiskit takes for a parameter
    """Return a parameter of a gate as JSON, to the last bit."""
    if isinstance(value, Parameter):
        return {"parameter": value.name}
    if isinstance(value, ParameterExpression):
        if not value.parameters:
            return _value(value.numeric())
        return {"expression": str(value), "of": sorted(each.name for each in value.parameters)}
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    if isinstance(value, str) or value is None:
        return value
    found = np.asarray(value)
    if found.dtype.kind not in "biufc":
        raise CircuitError(
            f"Found a gate with a parameter of type {type(value).__name__}, by which it cannot be "
            "told from others: expected numbers, matrices, text or parameters."
        )
    if found.ndim == 0:
        number = complex(found)
        return [number.real + 0.0, number.imag + 0.0]  # no negative zeros
    entries = np.ascontiguousarray(found, dtype="<c16") + 0.0
    return {"shape": list(found.shape), "entries": sha256(entries.tobytes()).hexdigest()}
