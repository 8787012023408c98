"""Lengths of Pauli strings: CNOTs on couplings that bring each onto one of its qubits."""

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.entanglers import QubitPairs

MOST_QUBITS = 14
"""Lengths of all 2^n strings are tabulated."""


def string_lengths(couplings: QubitPairs, n_qubits: int) -> NDArray[np.float32]:
    """Return how many CNOTs bring each string onto one of its qubits, shape (2^n_qubits,).

    A string on the qubits S takes ``|T| - 1`` CNOTs along the smallest connected T around S, and
    one more for each qubit of T that is not in S.
    """
    every = np.arange(1 << n_qubits)
    sizes = np.bitwise_count(every).astype(np.int64)
    cost = np.where(_connected(couplings, n_qubits), 2 * sizes, 4 * n_qubits)
    for q in range(n_qubits):  # the smallest over all that contain a string
        without = every[(every >> q & 1) == 0]
        cost[without] = np.minimum(cost[without], cost[without | 1 << q])
    cost -= sizes + 1
    cost[0] = 0
    return cost.astype(np.float32)


def _connected(couplings: QubitPairs, n_qubits: int) -> NDArray[np.bool_]:
    """Tell of each set of qubits, as a mask, whether it is connected, shape (2^n_qubits,)."""
    neighbours = [0] * n_qubits
    for one, other in couplings:
        neighbours[one] |= 1 << other
        neighbours[other] |= 1 << one
    connected = np.zeros(1 << n_qubits, dtype=bool)
    connected[1 << np.arange(n_qubits)] = True
    for mask in range(1, 1 << n_qubits):
        if connected[mask]:
            around = 0
            for q in _members(mask):
                around |= neighbours[q]
            for q in _members(around):
                connected[mask | 1 << q] = True
    return connected


def _members(mask: int) -> list[int]:
    """Return the qubits of a mask."""
    return [q for q in range(mask.bit_length()) if mask >> q & 1]
