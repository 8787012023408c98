"""The exact engine: expectation values and adjoint gradients of a Pauli program."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from psutil import virtual_memory

from qkdrp.backends.kernels import (
    ROW,
    TABLE,
    backward,
    forward,
    sweep_gradient,
    sweep_values,
)
from qkdrp.backends.plan import Plan, half_angles, make_plan
from qkdrp.backends.pool import share_out
from qkdrp.backends.simd import LANES
from qkdrp.backends.wide import WideSweep
from qkdrp.circuits.errors import BackendError
from qkdrp.circuits.program import CONSTANT, PauliProgram

Reals = NDArray[np.floating]
"""Angles, expectation values and gradients."""

MAX_NARROW = 12
"""Qubits up to which a chunk of samples fits the cache; wider circuits go sample by sample."""

WORTH_THREADS = 200_000
"""Amplitudes times rotations times chunks above which threads pay for being woken."""


class ExactEngine:
    """Evaluates a Pauli program on state vectors, a whole batch at once.

    Runs of commuting rotations are applied as one phase, X strings between Hadamards. Gradients
    come from one adjoint sweep that un-computes the rotations instead of storing states:
    ``dE/d angle_k = Im <lambda_k| P_k |psi_k>``. Rotations in front of the first input are the
    same for the whole batch and are done once. Uses as many threads as torch.

    Args:
        program: The program to evaluate.
        dtype: Precision of states, float64 or float32.

    Raises:
        BackendError: If two state vectors do not fit into this machine's memory.
    """

    def __init__(self, program: PauliProgram, dtype: type[np.floating] = np.float64) -> None:
        self.program = program
        self.dtype = np.dtype(dtype)
        self._qubits = np.arange(program.n_qubits)
        self._observables = np.zeros((len(program.term_x), program.n_observables))
        rows = np.arange(len(program.term_x))
        self._observables[rows, program.term_observable] = program.term_coefficient
        self._wide = program.n_qubits > MAX_NARROW
        needed, there = 2 * self.dtype.itemsize * 2 << program.n_qubits, virtual_memory().total
        if needed > there:
            raise BackendError(
                f"{program.n_qubits} qubits need {needed / 2**30:.3g} GiB for two state vectors, "
                f"this machine has {there / 2**30:.3g} GiB: use fewer qubits."
            )

    def values(self, inputs: Reals, weights: Reals) -> Reals:
        """Return the expectation values.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.

        Returns:
            Shape (batch, n_observables).
        """
        if self._wide:
            found = WideSweep(self.program, self.dtype, inputs, weights).values()
        else:
            found = _Sweep(self, self._batch_plan, inputs, weights).values()
        return found @ self._observables

    def vjp(self, inputs: Reals, weights: Reals, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return the vector-Jacobian product, in one sweep whatever the number of observables.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.
            cotangents: Derivative of a scalar by each value, shape (batch, n_observables).

        Returns:
            The scalar's gradients: by inputs, shape (batch, n_inputs), and by weights, summed
            over the batch, shape (n_weights,).
        """
        terms = cotangents @ self._observables.T
        n_inputs = self.program.n_inputs
        if self._wide:
            gradients = self._wide_gradients(inputs, weights, terms)
            return gradients[:, :n_inputs], gradients[:, n_inputs:].sum(axis=0)
        each, common = _Sweep(self, self._batch_plan, inputs, weights).slopes(terms)
        gradients = self._by_parameter(self._batch_plan.each, each)
        shared = self._by_parameter(self._batch_plan.common, common[np.newaxis])[0]
        return gradients[:, :n_inputs], gradients[:, n_inputs:].sum(axis=0) + shared[n_inputs:]

    def jacobian(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return the derivative of every value by every parameter.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.

        Returns:
            Derivatives by inputs, shape (batch, n_observables, n_inputs), and by weights, shape
            (batch, n_observables, n_weights).
        """
        every = [np.broadcast_to(t, (len(inputs), len(t))) for t in self._observables.T]
        if self._wide:
            gradients = [self._wide_gradients(inputs, weights, terms) for terms in every]
        else:
            plan = self._sample_plan
            sweep = _Sweep(self, plan, inputs, weights)
            gradients = [self._by_parameter(plan.each, sweep.slopes(terms)[0]) for terms in every]
        stacked = np.stack(gradients, axis=1)
        return stacked[..., : self.program.n_inputs], stacked[..., self.program.n_inputs :]

    def _wide_gradients(self, inputs: Reals, weights: Reals, terms: Reals) -> Reals:
        slopes = WideSweep(self.program, self.dtype, inputs, weights).slopes(terms)
        return self._by_parameter(np.arange(self.program.n_rotations), slopes)

    @cached_property
    def _batch_plan(self) -> Plan:
        """The plan where only inputs differ from sample to sample."""
        source = self.program.source
        return make_plan(self.program, (source != CONSTANT) & (source < self.program.n_inputs))

    @cached_property
    def _sample_plan(self) -> Plan:
        """The plan that gives the slope of every rotation for every sample."""
        return make_plan(self.program, np.ones(self.program.n_rotations, dtype=bool))

    def _by_parameter(self, rotations: NDArray[np.int64], slopes: Reals) -> Reals:
        """Gather slopes of angles, (batch, n), by parameter, (batch, n_inputs + n_weights)."""
        program = self.program
        gradients = np.zeros((program.n_inputs + program.n_weights + 1, len(slopes)))
        # The last row takes what belongs to constants; CONSTANT is its index.
        np.add.at(gradients, program.source[rotations], (slopes * program.coefficient[rotations]).T)
        return gradients[:-1].T


class _Sweep:
    """One evaluation of a plan at a batch of points."""

    def __init__(self, engine: ExactEngine, plan: Plan, inputs: Reals, weights: Reals) -> None:
        self.engine, self.plan, self.batch = engine, plan, len(inputs)
        self.n_chunks = -(-self.batch // LANES)
        half = self._by_chunk(half_angles(engine.program, plan.each, inputs, weights))
        self.cos = np.cos(half).astype(engine.dtype, copy=False)
        self.sin = np.sin(half).astype(engine.dtype, copy=False)
        self.re, self.im = self._shared_phases(weights)
        self.layout = (plan.layout, self.re, self.im)
        self.psi = np.zeros(ROW << engine.program.n_qubits, dtype=engine.dtype)
        self.psi[0] = 1.0
        self.table = np.empty(TABLE * ROW, dtype=engine.dtype)
        none = np.empty(0, dtype=engine.dtype)
        forward(self.psi, self.table, 0, plan.body, *self.layout, none, none)
        self.initial = np.ascontiguousarray(self.psi[::LANES])

    def values(self) -> Reals:
        """Return the values of all terms, shape (batch, n_terms)."""
        program = self.engine.program
        found = np.empty((self.n_chunks, len(program.term_x) * LANES), dtype=self.engine.dtype)

        def run(start: int, stop: int) -> None:
            terms = program.term_x, program.term_z
            sweep_values((start, stop), *self._state(), *terms, found)

        share_out(run, self.n_chunks, self._worth_threads())
        return self._by_sample(found, len(program.term_x))

    def slopes(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return slopes of the angles per sample, (batch, n_each), and of the common ones.

        Args:
            cotangents: Of each term, shape (batch, n_terms).
        """
        program, plan, dtype = self.engine.program, self.plan, self.engine.dtype
        pulled = self._by_chunk(np.ascontiguousarray(cotangents.T))
        slope = np.empty((self.n_chunks, len(plan.each) * LANES), dtype=dtype)

        def run(start: int, stop: int) -> tuple[Reals, Reals]:
            common, front = np.zeros_like(self.re), np.zeros_like(self.initial)
            terms = program.term_x, program.term_z, pulled
            sweep_gradient((start, stop), *self._state(), *terms, slope, common, front)
            return common, front

        shares = share_out(run, self.n_chunks, self._worth_threads())
        gathered = np.sum([common for common, _ in shares], axis=0)
        if plan.body:
            self._slopes_of_front(np.sum([front for _, front in shares], axis=0), gathered)
        by_mask = gathered.astype(np.float64)
        _transform(by_mask)
        each = self._by_sample(slope, len(plan.each))
        return each, by_mask[plan.common_row, plan.common_mask]

    def _slopes_of_front(self, front: Reals, gathered: Reals) -> None:
        """Go on in front of the body, where one sample stands for all: gradients are linear."""
        psi, adjoint = np.zeros_like(self.psi), np.zeros_like(self.psi)
        psi[::LANES], adjoint[::LANES] = self.initial, front
        w = np.empty(len(psi) // 2, dtype=psi.dtype)
        bins = np.empty(TABLE * LANES, dtype=psi.dtype)
        none = np.empty(0, dtype=psi.dtype)
        stop = self.plan.body
        backward(
            psi, adjoint, w, bins, self.table, 0, stop, *self.layout, none, none, none, gathered
        )

    def _shared_phases(self, weights: Reals) -> tuple[Reals, Reals]:
        """Return real and imaginary parts of the shared phases, shape (n_rows, 2^n_qubits)."""
        program, plan = self.engine.program, self.plan
        no_inputs = np.zeros((1, program.n_inputs))  # none drives a common rotation
        half = half_angles(program, plan.common, no_inputs, weights)[:, 0]
        angle = np.zeros((len(plan.shared_scale), 2**program.n_qubits))
        np.add.at(angle, (plan.common_row, plan.common_mask), half)
        _transform(angle)
        scale = plan.shared_scale[:, np.newaxis]
        dtype = self.engine.dtype
        return (
            (scale * np.cos(angle)).astype(dtype, copy=False),
            (-scale * np.sin(angle)).astype(dtype, copy=False),
        )

    def _state(self) -> tuple[object, ...]:
        return self.initial, self.plan.body, *self.layout, self.cos, self.sin, self.engine._qubits

    def _by_chunk(self, rows: Reals) -> Reals:
        """Lay (n_rows, batch) out as (n_chunks, n_rows * LANES), filled up with zeros."""
        padded = np.zeros((len(rows), self.n_chunks * LANES), dtype=self.engine.dtype)
        padded[:, : self.batch] = rows
        chunks = padded.reshape(len(rows), self.n_chunks, LANES).swapaxes(0, 1)
        return np.ascontiguousarray(chunks).reshape(self.n_chunks, len(rows) * LANES)

    def _by_sample(self, chunks: Reals, n_rows: int) -> Reals:
        """Undo :meth:`_by_chunk`, transposed: shape (batch, n_rows)."""
        rows = chunks.reshape(self.n_chunks, n_rows, LANES).swapaxes(1, 2)
        return rows.reshape(self.n_chunks * LANES, n_rows)[: self.batch]

    def _worth_threads(self) -> int:
        """Return the number of chunks from which on threads pay."""
        program = self.engine.program
        return 1 + WORTH_THREADS // (max(program.n_rotations, 1) << program.n_qubits)


def _transform(rows: NDArray[np.float64]) -> None:
    """Sum each row over its masks with their signs, in place: a Walsh-Hadamard transform."""
    n_rows, length = rows.shape
    width = 1
    while width < length:
        pairs = rows.reshape(n_rows, length // (2 * width), 2, width)
        first, second = pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]
        pairs[:, :, 0], pairs[:, :, 1] = first, second
        width *= 2
