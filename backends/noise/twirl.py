"""Pauli twirls of quantum channels: the Pauli errors that come closest on average."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import PTM, SuperOp
from qiskit_aer.noise import QuantumError, pauli_error

LETTERS = "IXZY"
"""Pauli letters by number: bit 0 says X, bit 1 says Z."""

_PTM_ORDER = [0, 1, 3, 2]  # Qiskit orders I, X, Y, Z

SAME_ENTRY = 1e-12
"""Entries of transfer matrices that differ by less are the same."""

NEGLIGIBLE = 1e-15
"""Probabilities below are rounding errors."""


def pauli_probabilities(error: QuantumError) -> NDArray[np.float64]:
    """Return the probabilities of the Pauli errors that a channel twirls to.

    The twirl keeps the diagonal of the Pauli transfer matrix; its Walsh-Hadamard transform,
    ``p_P = 4^-n sum_Q (-1)^[P, Q] R_QQ``, are the probabilities.

    Args:
        error: A channel on n qubits.

    Returns:
        Shape (4,) * n; axis i is qubit i, entries in the order of :data:`LETTERS`.
    """
    n_qubits = error.num_qubits
    diagonal = np.diag(PTM(SuperOp(error)).data).real.reshape((4,) * n_qubits)
    letters = np.arange(4)
    crossed = (letters[:, None] & 1) * (letters >> 1) ^ (letters[:, None] >> 1) * (letters & 1)
    transform = (-1.0) ** crossed / 4
    for axis in range(n_qubits):
        diagonal = np.take(diagonal, _PTM_ORDER, axis=axis)
        diagonal = np.moveaxis(np.tensordot(transform, diagonal, axes=(1, axis)), 0, axis)
    probabilities = np.where(diagonal < NEGLIGIBLE, 0.0, diagonal)
    # The last qubit comes first in Qiskit's order.
    return np.asarray((probabilities / probabilities.sum()).transpose(range(n_qubits)[::-1]))


def is_pauli(error: QuantumError) -> bool:
    """Tell whether a channel is one of Pauli errors: its Pauli transfer matrix is diagonal."""
    matrix = PTM(SuperOp(error)).data
    return bool(np.allclose(matrix, np.diag(np.diag(matrix)), rtol=0, atol=SAME_ENTRY))


def twirl(error: QuantumError) -> QuantumError:
    """Return the Pauli channel that an error twirls to."""
    probabilities = pauli_probabilities(error)
    return pauli_error(
        [
            ("".join(LETTERS[number] for number in reversed(numbers)), probabilities[numbers])
            for numbers in product(range(4), repeat=error.num_qubits)
            if probabilities[numbers] > 0
        ]
    )
