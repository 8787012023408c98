"""Distributions of bit strings read from one prepared circuit at many levels of noise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qkdrp.backends.choices import READOUT, Method
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.base import NoiseSource
from qkdrp.backends.noise.readout import Reals, assign
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.zstrings import eigenvalues
from qkdrp.circuits.pauli.bases import find_bases


@dataclass(frozen=True)
class NoiseLevel:
    """How much of a source's noise is on.

    Args:
        parts: Those of :data:`~qkdrp.backends.noise.base.PARTS` that are on.
        scale: What every error probability is multiplied by; 0 for no noise.
    """

    parts: tuple[str, ...]
    scale: float

    def before_readout(self) -> "NoiseLevel":
        """Return the level without errors of readout; the same one for all without noise."""
        parts = tuple(part for part in self.parts if part != READOUT)
        return NoiseLevel(parts, self.scale) if parts and self.scale else NoiseLevel((), 0.0)


def values_of(shares: Reals, worth: Reals) -> Reals:
    """Return expectation values from what is read: those of all measurement bases, added up.

    Args:
        shares: Shares or probabilities of bit strings, shape (..., n_bases, n_strings).
        worth: :attr:`LevelReader.worth`, shape (n_bases, n_strings, n_outputs).

    Returns:
        Shape (..., n_outputs).
    """
    found = [shares[..., basis, :] @ each for basis, each in enumerate(worth)]
    return np.asarray(sum(found[1:], start=found[0]))


class LevelReader:
    """Distributions of the bit strings read from a prepared circuit, by exact density matrices.

    Each level's simulator is made once. Levels that differ in errors of readout only share the
    density matrices.

    Args:
        prepared: The circuit, in the source's gates.
        source: Where noise comes from.

    Raises:
        BackendError: If a density matrix of the circuit does not fit into memory.
    """

    def __init__(self, prepared: PreparedCircuit, source: NoiseSource) -> None:
        self.prepared, self.source = prepared, source
        pqc = prepared.pqc
        names = [*pqc.inputs, *pqc.weights]
        self._order = [names.index(parameter) for parameter in pqc.circuit.parameters]
        self._simulators: dict[NoiseLevel, NoisySimulator] = {}
        self._bases = find_bases(pqc.observables)
        self.worth = np.zeros((len(self._bases), 1 << pqc.n_qubits, pqc.n_outputs))
        """What of each observable each bit string of each measurement basis is worth, shape
        (n_bases, 2^n_qubits, n_outputs)."""
        for basis, worth in zip(self._bases, self.worth, strict=True):
            for index, part in basis.parts.items():
                worth[:, index] = eigenvalues(part)

    def read(self, points: Reals, levels: Sequence[NoiseLevel]) -> list[Reals]:
        """Return the distributions of what is read at each level, in every measurement basis.

        Args:
            points: Inputs, then weights, shape (n_points, n_inputs + n_weights), radians.
            levels: Levels of noise.

        Returns:
            For each level, shape (n_points, n_bases, 2^n_qubits).

        Raises:
            BackendError: If a probability leaves its range at a scale.
        """
        ordered = points[:, self._order]
        states = [self._state_level(level) for level in levels]
        true = {state: self._true(state, ordered) for state in dict.fromkeys(states)}
        return [
            assign(true[state], self._simulator(level).noise.assignment)
            for state, level in zip(states, levels, strict=True)
        ]

    def check(self, levels: Iterable[NoiseLevel]) -> None:
        """Raise where a level cannot be simulated.

        Raises:
            BackendError: If a probability leaves its range at a scale.
        """
        for level in levels:
            self._simulator(level)

    def _true(self, level: NoiseLevel, points: Reals) -> Reals:
        """Return the distributions of true bit strings, shape (n_points, n_bases, 2^n_qubits)."""
        simulator, circuit = self._simulator(level), self.prepared.pqc.circuit
        turned = [simulator.turned_to(circuit, basis) for basis in self._bases]
        return np.stack([simulator.distributions(each, points) for each in turned], axis=1)

    def _state_level(self, level: NoiseLevel) -> NoiseLevel:
        """Return the level whose density matrices a level reads."""
        changed_by_reading = self._simulator(level).noise.before_readout
        return level if changed_by_reading else level.before_readout()

    def _simulator(self, level: NoiseLevel) -> NoisySimulator:
        if level not in self._simulators:
            noise = self.source.noise(self.prepared.qubits, level.parts, level.scale)
            sampling = Sampling(0, Method.DENSITY)
            self._simulators[level] = NoisySimulator(noise, sampling, np.random.default_rng(0))
        return self._simulators[level]
