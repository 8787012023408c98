"""Observables of a circuit: Pauli sums, checked against it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits.measurements import Measurement
from qkdrp.common.errors import CircuitError
from qkdrp.common.shown import shown


def observables_of(measurement: Measurement, n_qubits: int) -> tuple[SparsePauliOp, ...]:
    """Return the observables of a measurement, shape (n_outputs,).

    Args:
        measurement: An entry of :data:`~qkdrp.circuits.MEASUREMENTS`.
        n_qubits: Of the circuit.
    """
    return tuple(
        SparsePauliOp.from_sparse_list([(letters, qubits, 1.0)], num_qubits=n_qubits)
        for letters, qubits in measurement.strings(n_qubits)
    )


def checked_observables(given: Any, n_qubits: int) -> tuple[SparsePauliOp, ...]:  # noqa: ANN401  # to be checked
    """Return observables as a tuple of operators.

    Args:
        given: Operators, or a single one, which is one observable, whatever terms it has.
        n_qubits: Of the circuit.

    Raises:
        CircuitError: If something is no operator, acts on another number of qubits, has parameters
            as coefficients, or is not Hermitian.
    """
    if isinstance(given, SparsePauliOp):  # which is a sequence of its terms, too
        given = (given,)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise CircuitError(f"observables is {described(given)}: give a sequence of SparsePauliOps.")
    operators = tuple(given)
    for place, operator in enumerate(operators):
        _check(operator, f"Observable {place}", n_qubits)
    return operators


def _check(operator: Any, where: str, n_qubits: int) -> None:  # noqa: ANN401  # as above
    if not isinstance(operator, SparsePauliOp):
        raise CircuitError(f"{where} is {described(operator)}: give a SparsePauliOp.")
    if operator.num_qubits != n_qubits:
        raise CircuitError(
            f"{where} acts on {operator.num_qubits} qubits, the circuit has {n_qubits}: "
            "expected the same number."
        )
    if operator.coeffs.dtype == object:
        raise CircuitError(f"{where} has a parameter as coefficient: bind it to a number.")
    if np.any(operator.coeffs.imag) or not np.all(np.isfinite(operator.coeffs)):
        raise CircuitError(f"{where} is not Hermitian: use finite real coefficients.")


def described(thing: Any) -> str:  # noqa: ANN401  # whatever was given
    """Return a value and its type, for messages."""
    return f"{shown(thing)} ({type(thing).__name__})"
