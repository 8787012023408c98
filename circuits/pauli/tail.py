"""Absorbing the Clifford gates after the last rotation into the observables."""

from collections.abc import Sequence

from qiskit import QuantumCircuit
from qiskit.quantum_info import Clifford, SparsePauliOp


def absorb_tail(
    circuit: QuantumCircuit, observables: Sequence[SparsePauliOp]
) -> tuple[QuantumCircuit, tuple[SparsePauliOp, ...]]:
    """Move the gates after the last parameterised gate into the observables.

    The expectation values stay the same: ``<C psi| O |C psi> = <psi| C^dagger O C |psi>``.

    Args:
        circuit: A circuit whose gates after the last parameterised one are Clifford.
        observables: Observables of ``circuit``.

    Returns:
        The shorter circuit and its observables.
    """
    last = max(i for i, instruction in enumerate(circuit.data) if instruction.is_parameterized())
    body, tail = circuit.copy_empty_like(), circuit.copy_empty_like()
    body.data = circuit.data[: last + 1]
    tail.data = circuit.data[last + 1 :]
    return body, tuple(conjugate(observable, Clifford(tail)) for observable in observables)


def conjugate(observable: SparsePauliOp, clifford: Clifford) -> SparsePauliOp:
    """Return ``C^dagger O C``."""
    return SparsePauliOp(observable.paulis.evolve(clifford, frame="h"), observable.coeffs)
