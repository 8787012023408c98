"""The exact engine: expectation values and adjoint gradients of a Pauli program."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.program import CONSTANT, Masks, PauliProgram

Reals = NDArray[np.float64]
"""Angles, expectation values and gradients."""

States = NDArray[np.complex128]
"""State vectors, shape (..., 2^n_qubits, batch): amplitudes before samples."""


@dataclass(frozen=True)
class _Pauli:
    """A Pauli string ready to act on states: ``(P psi)[k] = phase[k] psi[k ^ x]``."""

    flipped: NDArray[np.int64]
    phase: NDArray[np.complex128]

    @classmethod
    def from_masks(cls, x: int, z: int, n_qubits: int) -> "_Pauli":
        flipped = np.arange(2**n_qubits) ^ x
        signs = 1.0 - 2.0 * (np.bitwise_count(flipped & z) % 2)
        return cls(flipped, 1j ** int(x & z).bit_count() * signs[:, np.newaxis])

    def apply(self, states: States) -> States:
        return self.phase * states[..., self.flipped, :]


class ExactEngine:
    """Evaluates a Pauli program on state vectors, a whole batch at once.

    Gradients come from one adjoint sweep that un-computes the rotations instead of storing
    states: ``dE/d angle_k = Im <lambda_k| P_k |psi_k>``.

    Args:
        program: The program to evaluate.
    """

    def __init__(self, program: PauliProgram) -> None:
        self.program = program
        self._rotations = _paulis(program.x, program.z, program.n_qubits)
        self._terms = _paulis(program.term_x, program.term_z, program.n_qubits)

    def values(self, inputs: Reals, weights: Reals) -> Reals:
        """Return the expectation values.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.

        Returns:
            Shape (batch, n_observables).
        """
        states = self._final_states(self._angles(inputs, weights), len(inputs))
        values = np.zeros((len(inputs), self.program.n_observables))
        for index, pauli in enumerate(self._terms):
            overlap = np.einsum("kb,kb->b", states.conj(), pauli.apply(states)).real
            values[:, self.program.term_observable[index]] += (
                self.program.term_coefficient[index] * overlap
            )
        return values

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
        gradients = self._sweep(inputs, weights, cotangents[np.newaxis])[0]
        n_inputs = self.program.n_inputs
        return gradients[:, :n_inputs], gradients[:, n_inputs:].sum(axis=0)

    def jacobian(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return the derivative of every value by every parameter.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.

        Returns:
            Derivatives by inputs, shape (batch, n_observables, n_inputs), and by weights, shape
            (batch, n_observables, n_weights).
        """
        n_observables = self.program.n_observables
        unit = np.eye(n_observables)[:, np.newaxis, :]
        cotangents = np.broadcast_to(unit, (n_observables, len(inputs), n_observables))
        gradients = self._sweep(inputs, weights, cotangents).swapaxes(0, 1)
        n_inputs = self.program.n_inputs
        return gradients[..., :n_inputs], gradients[..., n_inputs:]

    def _angles(self, inputs: Reals, weights: Reals) -> Reals:
        """Return the angles of all rotations, shape (n_rotations, batch)."""
        program = self.program
        parameters = np.concatenate(
            [inputs, np.broadcast_to(weights, (len(inputs), len(weights)))], axis=1
        )
        driven = np.where(
            program.source == CONSTANT,
            1.0,
            parameters[:, program.source] if parameters.size else 1.0,
        )
        return np.ascontiguousarray((driven * program.coefficient).T)

    def _final_states(self, angles: Reals, batch: int) -> States:
        states = np.zeros((2**self.program.n_qubits, batch), dtype=complex)
        states[0] = 1.0
        for pauli, angle in zip(self._rotations, angles, strict=True):
            states = _rotate(states, pauli, angle)
        return states

    def _sweep(self, inputs: Reals, weights: Reals, cotangents: Reals) -> Reals:
        """Return gradients per sample, shape (v, batch, n_inputs + n_weights).

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
            cotangents: Shape (v, batch, n_observables).
        """
        program = self.program
        angles = self._angles(inputs, weights)
        states = self._final_states(angles, len(inputs))
        adjoints = np.zeros((len(cotangents), *states.shape), dtype=complex)
        for index, pauli in enumerate(self._terms):
            weight = program.term_coefficient[index]
            cotangent = cotangents[:, :, program.term_observable[index]]
            adjoints += weight * cotangent[:, np.newaxis, :] * pauli.apply(states)

        gradients = np.zeros((*cotangents.shape[:2], program.n_inputs + program.n_weights))
        for index in reversed(range(program.n_rotations)):
            pauli, angle, source = self._rotations[index], angles[index], program.source[index]
            if source != CONSTANT:
                slope = np.einsum("vkb,kb->vb", adjoints.conj(), pauli.apply(states)).imag
                gradients[:, :, source] += program.coefficient[index] * slope
            states = _rotate(states, pauli, -angle)
            adjoints = _rotate(adjoints, pauli, -angle)
        return gradients


def _rotate(states: States, pauli: _Pauli, angle: Reals) -> States:
    """Apply ``exp(-i angle/2 P)``; angle has shape (batch,)."""
    return np.cos(angle / 2) * states - 1j * np.sin(angle / 2) * pauli.apply(states)


def _paulis(x: Masks, z: Masks, n_qubits: int) -> list[_Pauli]:
    made: dict[tuple[int, int], _Pauli] = {}
    masks = list(zip(x.tolist(), z.tolist(), strict=True))
    for pair in masks:
        if pair not in made:
            made[pair] = _Pauli.from_masks(*pair, n_qubits)
    return [made[pair] for pair in masks]
