"""The exact engine for wide circuits: one sample at a time, its state split among threads.

Two states in memory, whatever the depth: the sample's own and the adjoint one. A state is a flat
array of real and imaginary parts in turn. Every kernel works on a range of the amplitudes, or of
the pairs of amplitudes that a Pauli string exchanges.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.pool import share_out
from qkdrp.backends.simd import kernel, odd
from qkdrp.circuits.program import PauliProgram, Signs

WORTH_THREADS = 1 << 14
"""Pairs of amplitudes from which on threads pay for being woken."""


@kernel
def _pair(index, x):
    """Return the lower and the upper amplitude of a pair that X mask x exchanges."""
    low = x
    for shift in (1, 2, 4, 8, 16, 32):
        low |= low >> shift
    low >>= 1  # all bits below the highest one of x
    k = ((index & ~low) << 1) | (index & low)
    return k, k ^ x


@kernel
def _turn(psi, x, z, y, c, s, start, stop):
    """Apply ``exp(-i angle/2 P)``; c and s are cosine and sine of half the angle."""
    if x == 0:
        for k in range(start, stop):
            t = s if odd(z & k) else -s
            a, b = psi[2 * k], psi[2 * k + 1]
            psi[2 * k] = c * a - t * b
            psi[2 * k + 1] = c * b + t * a
        return
    s = -s if y >= 2 else s
    for index in range(start, stop):
        k, j = _pair(index, x)
        up, down = -s if odd(z & j) else s, -s if odd(z & k) else s
        a, b, e, f = psi[2 * k], psi[2 * k + 1], psi[2 * j], psi[2 * j + 1]
        if y & 1:
            psi[2 * k], psi[2 * k + 1] = c * a + up * e, c * b + up * f
            psi[2 * j], psi[2 * j + 1] = c * e + down * a, c * f + down * b
        else:
            psi[2 * k], psi[2 * k + 1] = c * a + up * f, c * b - up * e
            psi[2 * j], psi[2 * j + 1] = c * e + down * b, c * f - down * a


@kernel
def _element(left, right, x, z, y, start, stop):
    """Return ``Re(i^y sum_k (-1)^(z.j) conj(left_k) right_j)``, j = k ^ x, over a range of k."""
    result = 0.0
    for k in range(start, stop):
        j = k ^ x
        a, b, e, f = left[2 * k], left[2 * k + 1], right[2 * j], right[2 * j + 1]
        part = b * e - a * f if y & 1 else a * e + b * f
        result += -part if odd(z & j) else part
    return -result if y >= 2 else result


@kernel
def _add_term(adjoint, psi, x, z, y, cotangent, start, stop):
    """Add ``cotangent P psi`` to the adjoint state."""
    for k in range(start, stop):
        j = k ^ x
        s = -cotangent if (y >= 2) != (odd(z & j) == 1) else cotangent
        e, f = s * psi[2 * j], s * psi[2 * j + 1]
        adjoint[2 * k] += -f if y & 1 else e
        adjoint[2 * k + 1] += e if y & 1 else f


class WideSweep:
    """One evaluation of a program at a batch of points.

    Args:
        program: The program.
        dtype: Precision of states.
        inputs: Shape (batch, n_inputs), radians.
        weights: Shape (n_weights,), radians.
        signs: Of rotations and terms, sample by sample.
    """

    def __init__(
        self,
        program: PauliProgram,
        dtype: np.dtype[Any],
        inputs: NDArray[Any],
        weights: NDArray[Any],
        signs: Signs | None = None,
    ) -> None:
        self.program = program
        self.states = np.empty((2, 2 << program.n_qubits), dtype=dtype)
        points = np.concatenate(
            [
                inputs,
                np.broadcast_to(weights, (len(inputs), len(weights))),
                np.ones((len(inputs), 1)),
            ],
            axis=1,
        )
        self.factors = (
            program.coefficient if signs is None else program.coefficient * signs.rotations
        )
        half = points[:, program.source] * self.factors / 2  # CONSTANT is the last column
        self.cos, self.sin = np.cos(half).astype(dtype), np.sin(half).astype(dtype)
        self.rotations = _strings(program.x, program.z)
        self.terms = _strings(program.term_x, program.term_z)
        factors = np.broadcast_to(program.term_coefficient, (len(inputs), len(self.terms)))
        self.term_factors = factors if signs is None else factors * signs.terms

    def values(self, *, keep: bool = False) -> NDArray[Any]:  # noqa: ARG002  # states are too big
        """Return the expectation values, shape (batch, n_observables)."""
        psi = self.states[0]
        found = np.zeros((len(self.cos), self.program.n_observables))
        for sample, (cos, sin) in enumerate(zip(self.cos, self.sin, strict=True)):
            self._prepare(psi, cos, sin)
            for t, (x, z, y) in enumerate(self.terms):
                value = sum(self._each(_element, psi, psi, x, z, y))
                observable = self.program.term_observable[t]
                found[sample, observable] += self.term_factors[sample, t] * value
        return found

    def slopes(self, cotangents: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return gradients of a scalar.

        Args:
            cotangents: Derivative of the scalar by each term, shape (batch, n_terms).

        Returns:
            By the parameters of each sample, shape (batch, n_inputs + n_weights); and by weights,
            from angles that the whole batch shares: none.
        """
        psi, adjoint = self.states
        pulled = cotangents[:, self.program.term_observable] * self.term_factors
        found = np.empty(self.cos.shape)
        for sample, (cos, sin) in enumerate(zip(self.cos, self.sin, strict=True)):
            self._prepare(psi, cos, sin)
            adjoint[:] = 0.0
            for (x, z, y), cotangent in zip(self.terms, pulled[sample], strict=True):
                self._each(_add_term, adjoint, psi, x, z, y, adjoint.dtype.type(cotangent))
            for k in reversed(range(len(self.rotations))):
                x, z, y = self.rotations[k]
                found[sample, k] = sum(self._each(_element, adjoint, psi, x, z, (y + 3) & 3))
                self._turn_all(psi, k, cos, -sin)
                self._turn_all(adjoint, k, cos, -sin)
        program = self.program
        gradients = np.zeros((len(found), program.n_inputs + program.n_weights + 1))
        # The last column takes what belongs to constants; CONSTANT is its index.
        np.add.at(gradients.T, program.source, (found * self.factors).T)
        return gradients[:, :-1], np.zeros(program.n_weights)

    def _prepare(self, psi: NDArray[Any], cos: NDArray[Any], sin: NDArray[Any]) -> None:
        psi[:] = 0.0
        psi[0] = 1.0
        for k in range(len(self.rotations)):
            self._turn_all(psi, k, cos, sin)

    def _turn_all(self, psi: NDArray[Any], k: int, cos: NDArray[Any], sin: NDArray[Any]) -> None:
        x, z, y = self.rotations[k]
        length = 1 << (self.program.n_qubits - (x != 0))
        share_out(
            lambda start, stop: _turn(psi, x, z, y, cos[k], sin[k], start, stop),
            length,
            WORTH_THREADS,
        )

    def _each(self, run: Callable[..., Any], *arguments: object) -> list[Any]:
        """Call a kernel on ranges that cover all amplitudes, and return what the calls return."""
        length = 1 << self.program.n_qubits
        return share_out(lambda start, stop: run(*arguments, start, stop), length, WORTH_THREADS)


def _strings(x: NDArray[np.int64], z: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return X mask, Z mask and the number of Y modulo 4 of each string."""
    pairs = zip(x.tolist(), z.tolist(), strict=True)
    return [(a, b, (a & b).bit_count() & 3) for a, b in pairs]
