"""Rotations of a Pauli program that can change a value, and those that cannot."""

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.pauli.program import PauliProgram
from qkdrp.circuits.pauli.strings import Masks, anticommuting


def anticommute(program: PauliProgram) -> NDArray[np.bool_]:
    """Return which rotations anticommute with each other, shape (n_rotations, n_rotations)."""
    return _crossed(program, program.x, program.z)


def effective(program: PauliProgram) -> NDArray[np.bool_]:
    """Tell of each rotation whether it can change an expectation value, shape (n_rotations,).

    Two kinds cannot. A Z string that commutes with all effective rotations before it acts on
    |0...0> and is a global phase. A rotation that commutes with all observables and with all
    effective rotations after it can be moved to the end, where it cancels.
    """
    crossed = anticommute(program)
    kept = np.ones(program.n_rotations, dtype=bool)
    for k in range(program.n_rotations):
        kept[k] = program.x[k] != 0 or bool(np.any(crossed[k, :k] & kept[:k]))
    seen = np.any(_crossed(program, program.term_x, program.term_z), axis=1)
    for k in reversed(range(program.n_rotations)):
        kept[k] &= seen[k] or bool(np.any(crossed[k, k + 1 :] & kept[k + 1 :]))
    return kept


def _crossed(program: PauliProgram, x: Masks, z: Masks) -> NDArray[np.bool_]:
    """Return which rotations anticommute with some strings, shape (n_rotations, n_strings)."""
    return anticommuting(program.x[:, np.newaxis], program.z[:, np.newaxis], x, z)


def idle_weights(program: PauliProgram) -> NDArray[np.int64]:
    """Return the weights that change no expectation value, whatever inputs and weights are.

    Every rotation that such a weight drives is without effect. Weights of curves, angles that are
    not linear in them, are not judged, and count as working.
    """
    weights = np.arange(program.n_inputs, program.n_inputs + program.n_weights)
    working = program.source[effective(program)]
    if program.curves:
        working = np.concatenate([working, np.setdiff1d(weights, program.source)])
    return np.flatnonzero(~np.isin(weights, working))
