"""Frames in which a search for networks may begin: images of Z and X of each qubit."""

from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.pauli.strings import Masks
from qkdrp.circuits.reduce.network import Strings

STARTS = 4000
"""Orders of the qubits that are tried at the start, where there are more."""


def images(frames: Masks, masks: Masks, is_z: NDArray[np.bool_]) -> Masks:
    """Return strings as seen from frames, shape (n_frames, n_strings).

    Args:
        frames: Images of Z of each qubit, then of X, shape (n_frames, 2 * n_qubits).
        masks: The strings, shape (n_strings,).
        is_z: Whether each is a Z string.
    """
    n_qubits = frames.shape[1] // 2
    found = np.zeros((len(frames), len(masks)), dtype=frames.dtype)
    for q in range(n_qubits):
        units = np.where(is_z, frames[:, [q]], frames[:, [n_qubits + q]])
        found ^= np.where((masks >> q) & 1, units, 0).astype(frames.dtype)
    return found


def starts(strings: Strings, n_qubits: int, rng: np.random.Generator) -> Masks:
    """Return frames to begin in, shape (n_frames, 2 * n_qubits)."""
    if factorial(n_qubits) <= STARTS:
        orders = np.array(list(permutations(range(n_qubits))))
    else:
        orders = rng.permuted(np.tile(np.arange(n_qubits), (STARTS, 1)), axis=1)
    frames = []
    for units in (np.tile(1 << np.arange(n_qubits), 2), *_first_frames(strings, n_qubits)):
        frame = np.zeros((len(orders), len(units)), dtype=np.int16)  # fits MOST_QUBITS, and caches
        for q in range(n_qubits):
            frame |= (((units >> q) & 1) << orders[:, q : q + 1]).astype(np.int16)
        frames.append(frame)
    return np.concatenate(frames)


def _first_frames(strings: Strings, n_qubits: int) -> list[Masks]:
    """Return frames in which n X strings of the first block are single, shape (2 * n_qubits,)."""
    first = len(strings.is_z) if not strings.is_z.any() else int(np.argmax(strings.is_z))
    frames = []
    for low in range(0, first - n_qubits + 1, n_qubits):
        basis = _bits(strings.masks[low : low + n_qubits], n_qubits)
        inverse = _inverse(basis)
        if inverse is not None:
            # Overlaps of X and Z strings stay: x -> x B^-1, z -> z B^T.
            frames.append(np.concatenate([basis.T, inverse]) @ (1 << np.arange(n_qubits)))
    return frames


def _bits(masks: Masks, n_qubits: int) -> NDArray[np.int64]:
    return (masks[:, np.newaxis] >> np.arange(n_qubits)) & 1


def _inverse(bits: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the inverse of a matrix modulo 2, or None."""
    size = len(bits)
    rows = np.concatenate([bits, np.eye(size, dtype=np.int64)], axis=1)
    for column in range(size):
        pivots = np.flatnonzero(rows[column:, column])
        if not len(pivots):
            return None
        pivot = column + int(pivots[0])
        rows[[column, pivot]] = rows[[pivot, column]]
        others = np.flatnonzero(rows[:, column])
        others = others[others != column]
        rows[others] ^= rows[column]
    return rows[:, size:]
