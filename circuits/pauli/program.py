"""The Pauli program: a circuit as Pauli rotations and conjugated observables, no CNOT left."""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.pauli.curves import Curve
from qkdrp.circuits.pauli.strings import Masks
from qkdrp.common.brief import Brief

CONSTANT = -1
"""Source of a rotation that no parameter drives; its coefficient is its angle."""


class Signs(NamedTuple):
    """Signs that Pauli errors give to angles and observables, sample by sample.

    Attributes:
        rotations: Of the rotations' angles, shape (batch, n_rotations).
        terms: Of the observables' Pauli terms, shape (batch, n_terms).
    """

    rotations: NDArray[np.floating[Any]]
    terms: NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class PauliProgram(Brief):
    """Rotations ``exp(-i angle_k/2 P_k)`` applied to |0...0>, then Pauli observables.

    ``P(x, z)`` acts as ``P |k> = i^popcount(x & z) * (-1)^popcount(z & k) |k ^ x>``. A rotation's
    angle is ``coefficient * (inputs | weights | curves)[source]``, or the coefficient itself where
    the source is :data:`CONSTANT`. Signs from the conjugation are part of the coefficients.

    Args:
        n_qubits: Number of qubits.
        n_inputs: Number of inputs; sources 0 .. n_inputs-1.
        n_weights: Number of weights; sources n_inputs .. n_inputs+n_weights-1.
        n_observables: Number of outputs.
        x: X masks of the rotations in order of application, shape (n_rotations,).
        z: Z masks, shape (n_rotations,).
        coefficient: Sign and scale of each angle, or the angle in radians, shape (n_rotations,).
        source: Index of the driving parameter or :data:`CONSTANT`, shape (n_rotations,).
        term_x: X masks of the observables' Pauli terms, shape (n_terms,).
        term_z: Z masks, shape (n_terms,).
        term_coefficient: Real coefficients with their signs, shape (n_terms,).
        term_observable: The output that each term adds to, shape (n_terms,).
        curves: Functions of inputs and weights that are not linear; sources n_inputs+n_weights ..
    """

    n_qubits: int
    n_inputs: int
    n_weights: int
    n_observables: int
    x: Masks
    z: Masks
    coefficient: NDArray[np.float64]
    source: NDArray[np.int64]
    term_x: Masks
    term_z: Masks
    term_coefficient: NDArray[np.float64]
    term_observable: NDArray[np.int64]
    curves: tuple[Curve, ...] = ()

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        """Tell whether two programs are the same, rotation by rotation."""
        if not isinstance(other, PauliProgram):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays inside: equal, but not hashable

    @property
    def n_rotations(self) -> int:
        """Number of rotations."""
        return len(self.x)
