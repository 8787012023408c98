"""The exact engine for narrow circuits: chunks of samples, shared out among threads."""

import threading
from collections.abc import Callable
from functools import reduce
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.exact.kernels import sweep
from qkdrp.backends.exact.plan import MAX_TABLE, Indices, Plan
from qkdrp.backends.exact.pool import share_out
from qkdrp.backends.exact.reduction import Sweep
from qkdrp.backends.exact.simd import LANES, aligned
from qkdrp.backends.exact.state_kernels import ROW
from qkdrp.circuits.pauli.program import Signs

WORTH_THREADS = 30_000
"""Amplitudes times runs times chunks from which on threads pay for being woken."""

MAX_KEPT = 1 << 26
"""Bytes of final states that are kept for a backward pass; beyond, they are computed again."""

Reals = NDArray[np.floating[Any]]

_NONE = np.empty((0, 0))
_UNSIGNED = _NONE, _NONE
_FLOAT64 = np.dtype(np.float64)
_NO_STATES = {np.dtype(kind): np.empty(0, kind) for kind in (np.float32, np.float64)}

_local = threading.local()


class NarrowSweep:
    """One evaluation of a plan at a batch of points.

    Args:
        plan: The program, arranged.
        dtype: Precision of states.
        inputs: Shape (batch, n_inputs), radians.
        weights: Shape (n_weights,), radians.
        signs: Of rotations and terms, sample by sample.
        reduce_angles: Gives the sweep that takes over where a parameter is beyond the plan's
            limit.
    """

    def __init__(
        self,
        plan: Plan,
        dtype: np.dtype[Any],
        inputs: Reals,
        weights: Reals,
        signs: Signs | None = None,
        reduce_angles: Callable[[Reals, Reals, Signs | None], Sweep] | None = None,
    ) -> None:
        self.plan, self.dtype, self.signs = plan, dtype, signs
        self.reduce_angles = reduce_angles
        self.limit = plan.limit if reduce_angles else np.inf
        self.reduced: Sweep | None = None
        inputs, weights = _plain(inputs), _plain(weights)
        self.batch = inputs, weights, *(_UNSIGNED if signs is None else map(_plain, signs))
        self.shape, self.n_weights = inputs.shape, len(weights)
        self.states = _NO_STATES[dtype]

    def values(self, *, keep: bool = False) -> Reals:
        """Return the expectation values, shape (batch, n_observables).

        Args:
            keep: Whether to keep the final states for :meth:`slopes`, where memory allows.
        """
        values = np.empty((self.shape[0], self.plan.n_observables))
        kept = -(-self.shape[0] // LANES) * ROW << self.plan.n_qubits
        if keep and kept * self.dtype.itemsize <= MAX_KEPT:
            self.states = np.empty(kept + LANES, self.dtype)
        if self._sweep(values, _NONE, back=False) is None:
            self.reduced = self._reduce()
            return self.reduced.values(keep=keep)
        return values

    def slopes(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return gradients of a scalar.

        Args:
            cotangents: Derivative of the scalar by each value, shape (batch, n_observables).

        Returns:
            By the parameters of each sample, shape (batch, n_inputs) or (batch, n_inputs +
            n_weights), as the plan has it; and by weights, from angles that the whole batch
            shares, shape (n_weights,).
        """
        if self.reduced is None:
            gradient = np.empty((self.shape[0], self.plan.n_rows - 1))
            shared = self._sweep(_plain(cotangents), gradient, back=True)
            if shared is not None:
                return gradient, shared
            self.reduced = self._reduce()
        return self.reduced.slopes(cotangents)

    def _reduce(self) -> Sweep:
        assert self.reduce_angles is not None
        self.states = _NO_STATES[self.dtype]
        inputs, weights, *_ = self.batch
        return self.reduce_angles(inputs, weights, self.signs)

    def _sweep(self, values: Reals, gradient: Reals, *, back: bool) -> Reals | None:
        """Run the kernel; None where a parameter is beyond the limit."""
        plan, limit = self.plan, self.limit
        large = False

        def run(start: int, stop: int) -> Reals:
            nonlocal large
            shared = np.zeros(self.n_weights)
            memory = _memory(plan, self.dtype, signed=self.signs is not None)
            exceeded = sweep(
                start,
                stop,
                back,
                plan.body,
                limit,
                *plan.layout,
                *self.batch,
                *memory,
                self.states,
                values,
                gradient,
                shared,
            )
            if exceeded:
                large = True
            return shared

        chunks, least = -(-self.shape[0] // LANES), WORTH_THREADS >> plan.n_qubits
        parts = share_out(run, chunks, 1 + least // (1 + len(plan.layout.runs)))
        return None if large else reduce(np.add, parts)


def _memory(plan: Plan, dtype: np.dtype[Any], *, signed: bool) -> tuple[Reals, Indices]:
    """Return scratch memory of this thread and its parts, the last one again if it fits."""
    key = plan, dtype, signed
    if getattr(_local, "key", None) != key:
        shared, state = plan.n_shared << plan.n_qubits, ROW << plan.n_qubits
        n_signs = (plan.n_rotations, len(plan.layout.terms)) if signed else (0, 0)
        rows = plan.n_rows, plan.n_rows, plan.n_observables, *n_signs
        scratch = [shared, shared, shared, ROW << MAX_TABLE, state // 2, *[state] * 4]
        cuts = np.cumsum([0, *scratch, *(n * LANES for n in rows)])
        _local.key, _local.memory = key, (aligned(int(cuts[-1]), dtype), cuts)
    memory: tuple[Reals, Indices] = _local.memory
    return memory


def _plain(array: Reals) -> NDArray[np.float64]:
    """Return the array as the one type that kernels are compiled for."""
    if array.dtype == _FLOAT64 and array.flags.carray:
        return cast("NDArray[np.float64]", array)
    plain = np.ascontiguousarray(array, dtype=np.float64)
    return plain if plain.flags.writeable else plain.copy()
