"""Distributions of bit strings read from one prepared circuit at many levels of noise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qkdrp.backends.choices import READOUT, Method
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.base import NoiseSource
from qkdrp.backends.noise.readout import Reals, assign
from qkdrp.backends.noise.simulator import NoisySimulator, Sampling
from qkdrp.backends.zstrings import eigenvalues


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
        self.worth = np.stack([eigenvalues(each) for each in pqc.observables], axis=1)
        """What each observable is worth for each bit string, shape (2^n_qubits, n_outputs)."""

    def read(self, points: Reals, levels: Sequence[NoiseLevel]) -> list[Reals]:
        """Return the distribution of what is read, for each level of shape (n_points, 2^n_qubits).

        Args:
            points: Inputs, then weights, shape (n_points, n_inputs + n_weights), radians.
            levels: Levels of noise.

        Raises:
            BackendError: If a probability leaves its range at a scale.
        """
        ordered = points[:, self._order]
        circuit = self.prepared.pqc.circuit
        states = [self._state_level(level) for level in levels]
        true = {
            state: self._simulator(state).distributions(circuit, ordered)
            for state in dict.fromkeys(states)
        }
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
