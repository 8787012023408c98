"""Exact values and derivatives, up to the second, at points that share no parameter."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from qkdrp.backends.exact.engine import ExactEngine, Reals
from qkdrp.circuits.pauli.angles import QUARTER_TURN
from qkdrp.circuits.pauli.program import CONSTANT, PauliProgram
from qkdrp.common.errors import BackendError

MOST_NUMBERS = 1 << 22
"""Angles of shifted points that are evaluated at a time: 32 MiB."""

_NO_WEIGHTS = np.empty(0)


class PointwiseEngine:
    """Evaluates a Pauli program at points of inputs and weights, shape (n_points, n_parameters).

    The engine sees one parameter for each rotation that is not constant, so that a rotation can be
    shifted alone, even where one parameter drives several of them. An expectation value is a
    sinusoid in each angle, and so are its gradients: second derivatives are differences of
    gradients at shifted angles, exact, at two gradients for each rotation that moves.

    Args:
        program: The program; its inputs come first among the parameters, then its weights.

    Raises:
        BackendError: If an angle is not linear in the parameters.
    """

    def __init__(self, program: PauliProgram) -> None:
        self.n_parameters = program.n_inputs + program.n_weights
        if np.any(program.source >= self.n_parameters):
            raise BackendError(
                "Found angles that are not linear in the parameters, expected linear ones: their "
                "second derivatives, and weights that differ within a batch, are not supported."
            )
        driven = np.flatnonzero(program.source != CONSTANT)
        source, coefficient = program.source.copy(), program.coefficient.copy()
        source[driven], coefficient[driven] = np.arange(len(driven)), 1.0
        self._engine = ExactEngine(
            replace(
                program, n_inputs=len(driven), n_weights=0, source=source, coefficient=coefficient
            )
        )
        self._source = program.source[driven]
        self._slope = program.coefficient[driven]

    def values(self, points: Reals) -> Reals:
        """Return the expectation values, shape (n_points, n_outputs)."""
        return self._engine.values(self._push(points), _NO_WEIGHTS)

    def vjp(self, points: Reals, cotangents: Reals) -> Reals:
        """Return the gradients of ``sum(cotangents * values)``, shape (n_points, n_parameters).

        Args:
            points: Shape (n_points, n_parameters), radians.
            cotangents: Shape (n_points, n_outputs).
        """
        return self._pull(self._gradients(self._push(points), cotangents))

    def jvp(self, points: Reals, directions: Reals) -> Reals:
        """Return the derivatives of the values along directions, shape (n_points, n_outputs).

        Args:
            points: Shape (n_points, n_parameters), radians.
            directions: Shape (n_points, n_parameters).
        """
        jacobian, _ = self._engine.jacobian(self._push(points), _NO_WEIGHTS)
        return np.asarray(np.einsum("por,pr->po", jacobian, self._push(directions)))

    def hvp(self, points: Reals, cotangents: Reals, directions: Reals) -> Reals:
        """Return the derivatives of :meth:`vjp` along directions, shape (n_points, n_parameters).

        Args:
            points: Shape (n_points, n_parameters), radians.
            cotangents: Shape (n_points, n_outputs).
            directions: Shape (n_points, n_parameters).
        """
        angles, turns = self._push(points), self._push(directions)
        n_points, n_angles = angles.shape
        found = np.zeros(angles.shape)
        for moved in self._parts(turns):
            shifts = QUARTER_TURN * np.eye(n_angles)[moved]
            shifts = np.concatenate([shifts, -shifts])
            weights = np.concatenate([turns[:, moved], -turns[:, moved]], axis=1) / 2
            shifted = angles[:, np.newaxis] + shifts
            scaled = weights[..., np.newaxis] * cotangents[:, np.newaxis]  # a gradient is linear
            by_angles = self._gradients(
                shifted.reshape(-1, n_angles), scaled.reshape(-1, scaled.shape[-1])
            )
            found += by_angles.reshape(n_points, len(shifts), n_angles).sum(axis=1)
        return self._pull(found)

    def _parts(self, turns: Reals) -> Iterator[np.ndarray]:
        """Yield the rotations that move at any point, as many at a time as memory allows."""
        moved = np.flatnonzero(turns.any(axis=0))
        size = max(1, MOST_NUMBERS // max(1, 2 * turns.size))
        for start in range(0, len(moved), size):
            yield moved[start : start + size]

    def _gradients(self, angles: Reals, cotangents: Reals) -> Reals:
        return self._engine.vjp(angles, _NO_WEIGHTS, cotangents)[0]

    def _push(self, along: Reals) -> Reals:
        """Return angles of points, or turns of directions, shape (n_points, n_angles)."""
        return np.asarray(along[:, self._source] * self._slope)

    def _pull(self, by_angles: Reals) -> Reals:
        """Return derivatives by parameters from those by angles, shape (n_points, n_parameters)."""
        found = np.zeros((self.n_parameters, len(by_angles)))
        np.add.at(found, self._source, (by_angles * self._slope).T)
        return found.T
