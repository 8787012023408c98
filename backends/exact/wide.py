"""The exact engine for wide circuits: states of one sample; threads take samples or share a state.

The same runs of commuting rotations as in narrow circuits, each one phase; but a row holds the
amplitudes of the ``LANES`` values of the lowest qubits instead of as many samples. While states
fit a core's cache, threads take samples; beyond, they share the parts of one state.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.backends.exact.pool import share_out
from qkdrp.backends.exact.simd import aligned
from qkdrp.backends.exact.wide_plan import WidePlan
from qkdrp.backends.exact.wide_states import States
from qkdrp.circuits.pauli.angles import LARGEST, reduced
from qkdrp.circuits.pauli.program import Signs

MAX_KEPT = 1 << 28
"""Bytes of final states that are kept for a backward pass; those beyond are computed again."""

MAX_COMMON = 1 << 26
"""Bytes of a state up to which what samples have in common is done once, with two states more."""

MAX_OWN = 17
"""Qubits up to which threads take samples, where there is one for each thread."""

MIN_SPLIT = 16
"""Qubits from which on threads pay for being woken for each run of one sample."""

Reals = NDArray[Any]

T = TypeVar("T")


class Memory:
    """Two states of one thread.

    Args:
        length: Numbers of a state.
        dtype: Their precision.

    Attributes:
        psi: A state.
        adjoint: The adjoint state.
        here: The sample whose final state psi is, or -1.
    """

    def __init__(self, length: int, dtype: np.dtype[Any]) -> None:
        self.psi, self.adjoint = (aligned(length, dtype) for _ in range(2))
        self.here = -1


class WideSweep:
    """One evaluation of a program at a batch of points.

    In memory, whatever the depth: state and adjoint state, of each thread that takes samples;
    where a batch has several samples, the state that its circuits begin with, and the sum of
    adjoint states there; and as many final states as :data:`MAX_KEPT` allows.

    Args:
        plan: The program, arranged.
        dtype: Precision of states.
        inputs: Shape (batch, n_inputs), radians.
        weights: Shape (n_weights,), radians.
        signs: Of rotations and terms, sample by sample.
        every: Whether slopes of all parameters are asked for sample by sample.
    """

    def __init__(
        self,
        plan: WidePlan,
        dtype: np.dtype[Any],
        inputs: Reals,
        weights: Reals,
        signs: Signs | None = None,
        *,
        every: bool = False,
    ) -> None:
        self.plan, self.program, self.dtype, self.batch = plan, plan.program, dtype, len(inputs)
        self._set_angles(inputs, weights, signs)
        self.state_bytes = plan.length * dtype.itemsize
        several = self.batch > 1 and self.state_bytes <= MAX_COMMON
        self.body = plan.body if several and signs is None and not every else 0
        few = self.batch < torch.get_num_threads()
        split = plan.n_qubits > MAX_OWN or (few and plan.n_qubits >= MIN_SPLIT)
        self.states = States(plan, dtype, split=split)
        self.memory = Memory(plan.length, dtype) if split else None
        self.finals: Reals = np.empty((0, plan.length), dtype)
        self.front = self._front()

    def values(self, *, keep: bool = False) -> Reals:
        """Return the expectation values, shape (batch, n_observables).

        Args:
            keep: Whether to keep the final states for :meth:`slopes`, where memory allows.
        """
        values = np.zeros((self.batch, self.program.n_observables))
        kept = min(self.batch, MAX_KEPT // self.state_bytes) if keep and self.batch > 1 else 0
        finals = np.empty((kept, self.plan.length), self.dtype)

        def observe(memory: Memory, samples: range) -> None:
            for sample in samples:
                self._go_to(sample, memory)
                found = self.terms[sample] * self.states.observe(memory.psi)
                np.add.at(values[sample], self.program.term_observable, found)
                if sample < kept:
                    finals[sample] = memory.psi

        self._share_out(observe)
        self.finals = finals
        return values

    def slopes(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return gradients of a scalar.

        Args:
            cotangents: Derivative of the scalar by each value, shape (batch, n_observables).

        Returns:
            By the parameters of each sample, shape (batch, n_inputs + n_weights); and by weights,
            from rotations that the whole batch has in common, shape (n_weights,).
        """
        program, body, end = self.program, self.body, len(self.plan.runs)
        # The last column takes what belongs to constants; CONSTANT is its index.
        gradients = np.zeros((self.batch, program.n_inputs + program.n_weights + 1))

        def go_back(memory: Memory, samples: range) -> Reals:
            gone_back = np.zeros(self.plan.length if body else 0, self.dtype)
            for sample in reversed(samples):
                self._go_to(sample, memory)
                memory.here = -1
                of_terms = cotangents[sample, program.term_observable] * self.terms[sample]
                psi, adjoint = memory.psi, memory.adjoint
                self.states.pull_back(adjoint, psi, of_terms)
                slope = self.states.backward(psi, adjoint, self.half[sample], body, end)
                np.add.at(gradients[sample], program.source, slope * self.factors[sample])
                if body:
                    gone_back += adjoint
            return gone_back

        gone_back = self._share_out(go_back)
        shared = np.zeros(gradients.shape[1])
        if body:  # there the state is the same for all samples, and gradients are linear
            slope = self.states.backward(
                self.front.copy(), np.sum(gone_back, axis=0), self.half[0], 0, body
            )
            np.add.at(shared, program.source, slope * self.factors[0])
        return gradients[:, :-1], shared[program.n_inputs : -1]

    def _set_angles(self, inputs: Reals, weights: Reals, signs: Signs | None) -> None:
        """Set half of all angles, factors of rotations and coefficients of terms, by sample."""
        program, batch = self.program, self.batch
        repeated = np.broadcast_to(weights, (batch, len(weights)))
        parameters = np.concatenate([inputs, repeated, np.ones((batch, 1))], axis=1)
        self.factors = np.broadcast_to(program.coefficient, (batch, program.n_rotations))
        self.terms = np.broadcast_to(program.term_coefficient, (batch, len(program.term_x)))
        if signs is not None:
            self.factors, self.terms = self.factors * signs.rotations, self.terms * signs.terms
        angles = parameters[:, program.source] * self.factors  # CONSTANT is the last column
        self.half = (reduced(angles) if np.any(np.abs(angles) > LARGEST) else angles) / 2

    def _share_out(self, work: Callable[[Memory, range], T]) -> list[T]:
        """Call ``work`` on all samples: those of each thread, with memory of its own."""
        if self.memory is not None:
            return [work(self.memory, range(self.batch))]
        return share_out(
            lambda start, stop: work(Memory(self.plan.length, self.dtype), range(start, stop)),
            self.batch,
            1,
        )

    def _go_to(self, sample: int, memory: Memory) -> None:
        """Compute a sample's final state, unless it is still here, or has been kept."""
        if memory.here == sample:
            return
        memory.here = sample
        if sample < len(self.finals):
            memory.psi[:] = self.finals[sample]
            return
        if self.body:
            memory.psi[:] = self.front
        else:
            _ground(memory.psi)
        self.states.forward(memory.psi, self.half[sample], self.body, len(self.plan.runs))

    def _front(self) -> Reals:
        """Return the state before the first run that differs from sample to sample."""
        if not self.body:
            return self.finals
        psi = aligned(self.plan.length, self.dtype)
        _ground(psi)
        self.states.forward(psi, self.half[0], 0, self.body)
        return psi


def _ground(psi: Reals) -> None:
    psi[:] = 0.0
    psi[0] = 1.0
