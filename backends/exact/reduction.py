"""Evaluating a Pauli program at large angles, which are reduced rotation by rotation."""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.pauli.angles import LARGEST, reduced
from qkdrp.circuits.pauli.program import CONSTANT, PauliProgram

Reals = NDArray[np.floating[Any]]


class Sweep(Protocol):
    """One evaluation of a program at a batch of points."""

    def values(self, *, keep: bool = False) -> Reals:
        """Return the expectation values, shape (batch, n_observables)."""

    def slopes(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return gradients by the parameters of each sample, and by weights that all share."""


def parameter_limit(program: PauliProgram) -> float:
    """Return how large a parameter may be before some angle that it drives is to be reduced.

    Constants are reduced when the program is compiled.
    """
    driven = program.coefficient[program.source != CONSTANT]
    return LARGEST / max(1.0, float(np.abs(driven).max(initial=0.0)))


def exceeds(parameters: Reals, limit: float) -> bool:
    """Tell whether some parameter is larger than a limit; NaN is not."""
    # The sum of squares takes a microsecond, and is enough for almost every batch.
    if np.vdot(parameters, parameters) <= limit**2:
        return False
    return bool(np.any(np.abs(parameters) > limit))


def detached(program: PauliProgram) -> PauliProgram:
    """Return a program whose inputs are the angles of the rotations themselves."""
    return replace(
        program,
        n_inputs=program.n_rotations,
        n_weights=0,
        coefficient=np.ones(program.n_rotations),
        source=np.arange(program.n_rotations),
    )


def rotation_angles(program: PauliProgram, inputs: Reals, weights: Reals) -> Reals:
    """Return the reduced angle of every rotation, shape (batch, n_rotations).

    Args:
        program: The program.
        inputs: Shape (batch, n_inputs), radians.
        weights: Shape (n_weights,), radians.
    """
    repeated = np.broadcast_to(weights, (len(inputs), len(weights)))
    parameters = np.concatenate([inputs, repeated, np.ones((len(inputs), 1))], axis=1)
    return reduced(parameters[:, program.source] * program.coefficient)  # CONSTANT is the last


class ReducedSweep:
    """A sweep of the detached program that answers for the original one.

    Args:
        program: The original program.
        inner: A sweep of the detached program at the reduced angles.
    """

    def __init__(self, program: PauliProgram, inner: Sweep) -> None:
        self.program, self.inner = program, inner

    def values(self, *, keep: bool = False) -> Reals:
        """Return the expectation values, shape (batch, n_observables)."""
        return self.inner.values(keep=keep)

    def slopes(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return gradients of a scalar.

        Args:
            cotangents: Derivative of the scalar by each value, shape (batch, n_observables).

        Returns:
            By the parameters of each sample, shape (batch, n_inputs + n_weights); and by weights,
            from angles that the whole batch shares: none.
        """
        program = self.program
        by_angle, _ = self.inner.slopes(cotangents)
        gradients = np.zeros((len(by_angle), program.n_inputs + program.n_weights + 1))
        # The last column takes what belongs to constants; CONSTANT is its index.
        np.add.at(gradients.T, program.source, (by_angle * program.coefficient).T)
        return gradients[:, :-1], np.zeros(program.n_weights)
