"""The exact engine: expectation values and adjoint gradients of a Pauli program."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psutil import virtual_memory

from qkdrp.backends.exact.chain import Chain
from qkdrp.backends.exact.narrow import NarrowSweep
from qkdrp.backends.exact.plan import MAX_NARROW, Plan, make_plan
from qkdrp.backends.exact.reduction import ReducedSweep, Sweep, detached, rotation_angles
from qkdrp.backends.exact.wide import WideSweep
from qkdrp.backends.exact.wide_plan import WidePlan, make_wide_plan
from qkdrp.circuits.pauli.program import PauliProgram, Signs
from qkdrp.common.errors import BackendError

Reals = NDArray[np.floating[Any]]
"""Angles, expectation values and gradients."""

Pullback = Callable[[Reals], tuple[Reals, Reals]]
"""From the derivative of a scalar by each value, shape (batch, n_observables), to its gradients:
by inputs, shape (batch, n_inputs), and by weights, summed over the batch, shape (n_weights,)."""


class ExactEngine:
    """Evaluates a Pauli program on state vectors, a whole batch at once.

    Runs of commuting rotations are applied as one phase, X strings between Hadamards. Gradients
    come from one adjoint sweep that un-computes the rotations instead of storing states:
    ``dE/d angle_k = Im <lambda_k| P_k |psi_k>``. Rotations in front of the first input are the
    same for the whole batch and are done once. Uses as many threads as torch. Angles beyond
    :data:`~qkdrp.circuits.pauli.angles.LARGEST` radians are reduced first, which takes longer;
    those that are not finite give NaN.

    Args:
        program: The program to evaluate.
        dtype: Precision of states, float64 or float32.

    Raises:
        BackendError: If two state vectors do not fit into this machine's memory.
    """

    def __init__(self, program: PauliProgram, dtype: type[np.floating[Any]] = np.float64) -> None:
        self.program = program
        self._chain = Chain(program) if program.curves else None
        self._plain = program if self._chain is None else self._chain.plain
        self.dtype = np.dtype(dtype)
        needed, there = 2 * self.dtype.itemsize * 2 << program.n_qubits, virtual_memory().total
        if needed > there:
            raise BackendError(
                f"{program.n_qubits} qubits need {needed / 2**30:.3g} GiB for two state vectors, "
                f"this machine has {there / 2**30:.3g} GiB: use fewer qubits."
            )

    def values(self, inputs: Reals, weights: Reals, signs: Signs | None = None) -> Reals:
        """Return the expectation values.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.
            signs: Of rotations and terms, sample by sample.

        Returns:
            Shape (batch, n_observables).
        """
        return self._sweep(inputs, weights, signs).values()

    def linearise(
        self, inputs: Reals, weights: Reals, signs: Signs | None = None
    ) -> tuple[Reals, Pullback]:
        """Return the expectation values and their vector-Jacobian product as a function.

        The function takes one adjoint sweep, whatever the number of observables, and starts from
        the states that the values came from where memory allows to keep them.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.
            signs: Of rotations and terms, sample by sample.
        """
        sweep = self._sweep(inputs, weights, signs)
        return sweep.values(keep=True), partial(self._pull, sweep)

    def vjp(
        self, inputs: Reals, weights: Reals, cotangents: Reals, signs: Signs | None = None
    ) -> tuple[Reals, Reals]:
        """Return the vector-Jacobian product, in one sweep whatever the number of observables.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.
            cotangents: Derivative of a scalar by each value, shape (batch, n_observables).
            signs: Of rotations and terms, sample by sample.

        Returns:
            The scalar's gradients: by inputs, shape (batch, n_inputs), and by weights, summed
            over the batch, shape (n_weights,).
        """
        return self._pull(self._sweep(inputs, weights, signs), cotangents)

    def jacobian(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return the derivative of every value by every parameter, one sweep for each observable.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.

        Returns:
            Derivatives by inputs, shape (batch, n_observables, n_inputs), and by weights, shape
            (batch, n_observables, n_weights).
        """
        program = self.program
        sweep = self._sweep(inputs, weights, every=True)
        sweep.values(keep=True)
        derivatives = np.zeros(
            (len(inputs), program.n_observables, program.n_inputs + program.n_weights)
        )
        for index, one in enumerate(np.eye(program.n_observables)):
            each, _ = sweep.slopes(np.broadcast_to(one, (len(inputs), len(one))))
            derivatives[:, index, : each.shape[1]] = each
        return derivatives[..., : program.n_inputs], derivatives[..., program.n_inputs :]

    def _sweep(
        self, inputs: Reals, weights: Reals, signs: Signs | None = None, *, every: bool = False
    ) -> Sweep:
        """Begin an evaluation; ``every`` asks for slopes of all parameters sample by sample."""
        if self._chain is None:
            return self._plain_sweep(inputs, weights, signs, every=every)
        angles = self._chain.angles(inputs, weights)
        plain = self._plain_sweep(*angles, signs, every=every)
        return self._chain.sweep(plain, inputs, weights)

    def _plain_sweep(
        self, inputs: Reals, weights: Reals, signs: Signs | None, *, every: bool
    ) -> NarrowSweep | WideSweep:
        if self.program.n_qubits > MAX_NARROW:
            return WideSweep(self._wide_plan, self.dtype, inputs, weights, signs, every=every)
        plan = self._batch_plan if signs is None and not every else self._sample_plan
        return NarrowSweep(plan, self.dtype, inputs, weights, signs, self._reduced)

    def _reduced(self, inputs: Reals, weights: Reals, signs: Signs | None) -> ReducedSweep:
        """Begin an evaluation of the detached program at reduced angles."""
        angles = rotation_angles(self._plain, inputs, weights)
        plan = self._detached_plan
        return ReducedSweep(self._plain, NarrowSweep(plan, self.dtype, angles, np.empty(0), signs))

    @cached_property
    def _detached_plan(self) -> Plan:
        """The plan whose parameters are the angles of all rotations."""
        program = detached(self._plain)
        return make_plan(program, np.ones(program.n_rotations, dtype=bool))

    @cached_property
    def _wide_plan(self) -> WidePlan:
        """The plan for states of one sample."""
        return make_wide_plan(self._plain)

    @cached_property
    def _batch_plan(self) -> Plan:
        """The plan where only inputs differ from sample to sample."""
        return make_plan(self._plain, np.zeros(self.program.n_rotations, dtype=bool))

    @cached_property
    def _sample_plan(self) -> Plan:
        """The plan where every rotation has an angle per sample."""
        return make_plan(self._plain, np.ones(self.program.n_rotations, dtype=bool))

    def _pull(self, sweep: Sweep, cotangents: Reals) -> tuple[Reals, Reals]:
        each, shared = sweep.slopes(cotangents)
        n_inputs = self.program.n_inputs
        if each.shape[1] > n_inputs:
            shared = shared + each[:, n_inputs:].sum(axis=0)
        return each[:, :n_inputs], shared
