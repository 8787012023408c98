"""The exact engine for wide circuits: one sample at a time, its state split among threads.

The same runs of commuting rotations as in narrow circuits, each one phase; but a row holds the
amplitudes of the ``LANES`` values of the lowest qubits instead of as many samples. In memory,
whatever the depth: the state, the adjoint state, and a real number for each amplitude.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.exact.plan import MIXED, find_runs, flipped_qubits
from qkdrp.backends.exact.pool import share_out
from qkdrp.backends.exact.simd import LANES, aligned, kernel, load, mix, odd, splat, store
from qkdrp.backends.exact.sincos import sincos
from qkdrp.backends.exact.state_kernels import (
    ROW,
    hadamard_stage,
    hadamards,
    multiply,
    n_y,
    overlap,
    square,
)
from qkdrp.circuits.pauli.angles import LARGEST, reduced
from qkdrp.circuits.pauli.program import PauliProgram, Signs

LANE_QUBITS = LANES.bit_length() - 1
"""Qubits within a row."""

BLOCK_QUBITS = 12
"""Qubits of a block of amplitudes that fits the cache: their Hadamards take one trip to memory."""

WORTH_THREADS = 1 << 11
"""Rows from which on threads pay for being woken."""

Reals = NDArray[Any]


@kernel
def _blocks(x, within, qubits, width, start, stop):
    """Apply Hadamards to blocks: on lanes, where ``within`` has bits, and on qubits above them."""
    length = width << (BLOCK_QUBITS - LANE_QUBITS)
    for b in range(start, stop):
        block = x[b * length : (b + 1) * length]
        for i in range(0, len(block) if within else 0, LANES):
            row = load(block, i)
            if within & 1:
                row = mix(row, 1)
            if within & 2:
                row = mix(row, 2)
            if within & 4:
                row = mix(row, 4)
            store(block, i, row)
        hadamards(block, qubits, width)


@kernel
def _turn(psi, angles, scale, start, stop):
    """Multiply amplitudes by ``scale exp(-i angle)``."""
    for k in range(start, stop):
        i = k * ROW
        s, c = sincos(load(angles, k * LANES))
        c, s = c * splat(c, scale), s * splat(s, scale)
        a, b = load(psi, i), load(psi, i + LANES)
        store(psi, i, a * c + b * s)
        store(psi, i + LANES, b * c - a * s)


@kernel
def _turn_mixed(psi, x, z, c, s, start, stop):
    """Apply ``c - i s P`` to pairs of amplitudes, P with x != 0."""
    low = x
    for shift in (1, 2, 4, 8, 16, 32):
        low |= low >> shift
    low >>= 1  # all bits below the highest one of x
    y = n_y(x, z)
    s = -s if y >= 2 else s
    for index in range(start, stop):
        k = ((index & ~low) << 1) | (index & low)
        m, n = _at(k), _at(k ^ x)
        up, down = -s if odd(z & (k ^ x)) else s, -s if odd(z & k) else s
        a, b, e, f = psi[m], psi[m + LANES], psi[n], psi[n + LANES]
        if y & 1:
            psi[m], psi[m + LANES] = c * a + up * e, c * b + up * f
            psi[n], psi[n + LANES] = c * e + down * a, c * f + down * b
        else:
            psi[m], psi[m + LANES] = c * a + up * f, c * b - up * e
            psi[n], psi[n + LANES] = c * e + down * b, c * f - down * a


@kernel
def _at(k):
    """Return where the real part of amplitude k is; the imaginary part is LANES behind."""
    return 2 * k - (k & (LANES - 1))


@kernel
def _element(left, right, x, z, quarter, start, stop):
    """Return ``Re(i^quarter <left| P |right>)`` over a range of amplitudes of the left."""
    y, result = (n_y(x, z) + quarter) & 3, 0.0
    for k in range(start, stop):
        m, n = _at(k), _at(k ^ x)
        a, b, e, f = left[m], left[m + LANES], right[n], right[n + LANES]
        part = b * e - a * f if y & 1 else a * e + b * f
        result += -part if odd(z & (k ^ x)) else part
    return -result if y >= 2 else result


@kernel
def _add_term(adjoint, psi, x, z, cotangent, start, stop):
    """Add ``cotangent P psi`` to the adjoint state."""
    y = n_y(x, z)
    for k in range(start, stop):
        m, n = _at(k), _at(k ^ x)
        s = -cotangent if (y >= 2) != (odd(z & (k ^ x)) == 1) else cotangent
        adjoint[m] += -s * psi[n + LANES] if y & 1 else s * psi[n]
        adjoint[m + LANES] += s * psi[n] if y & 1 else s * psi[n + LANES]


class WideSweep:
    """One evaluation of a program at a batch of points.

    Args:
        program: The program, of at least :data:`BLOCK_QUBITS` qubits or filled up to as many.
        dtype: Precision of states.
        inputs: Shape (batch, n_inputs), radians.
        weights: Shape (n_weights,), radians.
        signs: Of rotations and terms, sample by sample.
    """

    def __init__(
        self,
        program: PauliProgram,
        dtype: np.dtype[Any],
        inputs: Reals,
        weights: Reals,
        signs: Signs | None = None,
    ) -> None:
        self.program, self.batch = program, len(inputs)
        self.n_qubits = max(program.n_qubits, BLOCK_QUBITS)
        self.n_rows = 1 << (self.n_qubits - LANE_QUBITS)
        self.psi, self.adjoint = (aligned(self.n_rows * ROW, dtype) for _ in range(2))
        self.w = aligned(self.n_rows * LANES, dtype)
        self.runs = [(kind, np.array(run)) for kind, run in find_runs(program)]
        self.mask = np.where(program.x == 0, program.z, program.x)
        self.here = -1  # the sample whose final state psi is

        repeated = np.broadcast_to(weights, (self.batch, len(weights)))
        parameters = np.concatenate([inputs, repeated, np.ones((self.batch, 1))], axis=1)
        self.factors = np.broadcast_to(program.coefficient, (self.batch, program.n_rotations))
        self.terms = np.broadcast_to(program.term_coefficient, (self.batch, len(program.term_x)))
        if signs is not None:
            self.factors, self.terms = self.factors * signs.rotations, self.terms * signs.terms
        angles = parameters[:, program.source] * self.factors  # CONSTANT is the last column
        self.half = (reduced(angles) if np.any(np.abs(angles) > LARGEST) else angles) / 2

    def values(self, *, keep: bool = False) -> Reals:  # noqa: ARG002  # one state at a time
        """Return the expectation values, shape (batch, n_observables)."""
        program = self.program
        flips = np.flatnonzero(program.term_x)
        found = np.zeros((self.batch, program.n_observables))
        for sample in range(self.batch):
            self._go_to(sample)
            self._each_row(square, self.w, self.psi)
            self._hadamards(self.w, range(self.n_qubits), LANES)
            expectation = self.w[program.term_z].astype(np.float64)
            for t in flips:
                strings = program.term_x[t], program.term_z[t], 0
                expectation[t] = sum(self._each(_element, self.psi, self.psi, *strings))
            np.add.at(found[sample], program.term_observable, self.terms[sample] * expectation)
        return found

    def slopes(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return gradients of a scalar.

        Args:
            cotangents: Derivative of the scalar by each value, shape (batch, n_observables).

        Returns:
            By the parameters of each sample, shape (batch, n_inputs + n_weights); and by weights,
            from angles that the whole batch shares: none.
        """
        program = self.program
        gradients = np.zeros((self.batch, program.n_inputs + program.n_weights + 1))
        for sample in reversed(range(self.batch)):
            self._go_to(sample)
            self._pull_back(cotangents[sample, program.term_observable] * self.terms[sample])
            slope = self._un_compute(self.half[sample])
            # The last column takes what belongs to constants; CONSTANT is its index.
            np.add.at(gradients[sample], program.source, slope * self.factors[sample])
        return gradients[:, :-1], np.zeros(program.n_weights)

    def _go_to(self, sample: int) -> None:
        """Compute a sample's final state, unless it is still here."""
        if self.here == sample:
            return
        self.psi[:] = 0.0
        self.psi[0] = 1.0
        for kind, run in self.runs:
            if kind == MIXED:
                self._turn_mixed(self.psi, run[0], self.half[sample])
                continue
            qubits = flipped_qubits(self.program.x[run])
            self._set_angles(run, self.half[sample])
            self._hadamards(self.psi, qubits, ROW)
            self._each_row(_turn, self.psi, self.w, self._real(0.5 ** len(qubits)))
            self._hadamards(self.psi, qubits, ROW)
        self.here = sample

    def _pull_back(self, cotangents: Reals) -> None:
        """Set the adjoint state to ``sum_t cotangent_t P_t psi`` over all terms."""
        program, flips = self.program, self.program.term_x != 0
        self.w[:] = 0.0
        np.add.at(self.w, program.term_z[~flips], cotangents[~flips])
        self._hadamards(self.w, range(self.n_qubits), LANES)
        self._each_row(multiply, self.adjoint, self.psi, self.w)
        for t in np.flatnonzero(flips):
            strings = program.term_x[t], program.term_z[t], self._real(cotangents[t])
            self._each(_add_term, self.adjoint, self.psi, *strings)

    def _un_compute(self, half: Reals) -> Reals:
        """Undo all rotations and return their slopes."""
        self.here = -1
        program, states = self.program, (self.psi, self.adjoint)
        found = np.empty(program.n_rotations)
        for kind, run in reversed(self.runs):
            if kind == MIXED:
                k = run[0]
                strings = program.x[k], program.z[k], 3
                found[k] = sum(self._each(_element, self.adjoint, self.psi, *strings))
                for state in states:
                    self._turn_mixed(state, k, -half)
                continue
            qubits = flipped_qubits(program.x[run])
            scale = self._real(0.5 ** len(qubits))
            for state in states:
                self._hadamards(state, qubits, ROW)
            self._each_row(overlap, self.w, self.adjoint, self.psi, scale)
            self._hadamards(self.w, range(self.n_qubits), LANES)
            found[run] = self.w[self.mask[run]]
            self._set_angles(run, -half)
            for state in states:
                self._each_row(_turn, state, self.w, scale)
                self._hadamards(state, qubits, ROW)
        return found

    def _set_angles(self, run: NDArray[np.int64], half: Reals) -> None:
        """Write half the angle that a run turns each amplitude by into w."""
        self.w[:] = 0.0
        np.add.at(self.w, self.mask[run], half[run])
        self._hadamards(self.w, range(self.n_qubits), LANES)

    def _turn_mixed(self, psi: Reals, k: int, half: Reals) -> None:
        with np.errstate(invalid="ignore"):
            c, s = self._real(np.cos(half[k])), self._real(np.sin(half[k]))
        pairs = self.n_rows * LANES // 2
        strings = self.program.x[k], self.program.z[k]
        share_out(
            lambda start, stop: _turn_mixed(psi, *strings, c, s, start, stop),
            pairs,
            WORTH_THREADS * LANES,
        )

    def _hadamards(self, x: Reals, qubits: Sequence[int], width: int) -> None:
        within = sum(1 << q for q in qubits if q < LANE_QUBITS)
        above = [q - LANE_QUBITS for q in qubits if q >= LANE_QUBITS]
        split = BLOCK_QUBITS - LANE_QUBITS
        low = np.array([q for q in above if q < split], dtype=np.int64)
        high = np.array([q for q in above if q >= split], dtype=np.int64)
        blocks = self.n_rows >> split
        share_out(
            lambda start, stop: _blocks(x, within, low, width, start, stop),
            blocks,
            WORTH_THREADS >> split,
        )
        for first in range(0, len(high), 4):
            group = high[first : first + 4]

            def stage(start: int, stop: int, group: NDArray[np.int64] = group) -> None:
                hadamard_stage(x, group, width, start * width, stop * width)

            share_out(stage, self.n_rows >> len(group), WORTH_THREADS)

    def _each_row(self, run: Callable[..., Any], *arguments: object) -> None:
        """Call a kernel on ranges that cover all rows."""
        share_out(lambda start, stop: run(*arguments, start, stop), self.n_rows, WORTH_THREADS)

    def _each(self, run: Callable[..., Any], *arguments: object) -> list[Any]:
        """Call a kernel on ranges that cover all amplitudes, and return what the calls return."""
        n = self.n_rows * LANES
        return share_out(lambda start, stop: run(*arguments, start, stop), n, WORTH_THREADS * LANES)

    def _real(self, value: float) -> Any:  # a NumPy scalar
        return self.psi.dtype.type(value)
