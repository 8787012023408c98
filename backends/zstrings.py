"""Observables of Z strings, whose values follow from probabilities of bit strings."""

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SparsePauliOp

from qkdrp.common.errors import BackendError

Reals = NDArray[np.float64]


def has_only_z(observable: SparsePauliOp) -> bool:
    """Tell whether an observable has no X and no Y."""
    return not observable.paulis.x.any()


def check_z_strings(observable: SparsePauliOp) -> None:
    """Raise where an observable has X, Y or no term at all.

    Raises:
        BackendError: Names its strings.
    """
    if not has_only_z(observable):
        raise BackendError(
            f"Observable {observable.paulis.to_labels()} holds X or Y, expected Z strings: "
            "rotate these qubits at the end of the circuit instead."
        )
    if len(observable) == 0:
        raise BackendError("Found an observable without terms, expected at least one.")


def eigenvalues(observable: SparsePauliOp) -> Reals:
    """Return what an observable of Z strings is worth for each bit string, shape (2^n_qubits,).

    Raises:
        BackendError: If it has X or Y.
    """
    check_z_strings(observable)
    strings = np.arange(1 << observable.num_qubits)
    weights = np.int64(1) << np.arange(observable.num_qubits)
    worth = np.zeros(len(strings))
    for bits, coefficient in zip(observable.paulis.z, observable.coeffs.real, strict=True):
        worth += coefficient * (-1.0) ** np.bitwise_count(strings & int(bits @ weights))
    return worth
