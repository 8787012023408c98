"""Noise trajectories in the exact engine: random Pauli errors as signs of the Pauli program."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from qkdrp.backends.exact.engine import ExactEngine, Pullback, Reals
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.local import LocalNoise
from qkdrp.backends.noise.measured_program import measured_program
from qkdrp.circuits.pauli.faults import Faults
from qkdrp.circuits.pauli.program import Signs

MOST_LIKELY = 1 - 1e-15
"""Probability of an error that stands for all larger ones."""


class SignSampler:
    """Draws a Pauli error after every gate, and what all of them together flip.

    Args:
        faults: What errors after each gate flip.
        probabilities: Of the Pauli errors of each gate, as
            :meth:`~qkdrp.backends.noise.local.LocalNoise.pauli_probabilities` gives them.
        n_rotations: How many of the columns of ``faults.flips`` are rotations.
    """

    def __init__(
        self,
        faults: Faults,
        probabilities: Mapping[tuple[str, tuple[int, ...]], NDArray[np.float64]],
        n_rotations: int,
    ) -> None:
        self.n_rotations, self.n_columns = n_rotations, faults.flips.shape[1]
        packed = np.packbits(faults.flips, axis=1)
        rows: list[NDArray[np.uint8]] = []
        limits, first = [], []
        for place, start in zip(faults.places, faults.start, strict=True):
            of_errors = probabilities.get((place.gate, place.qubits))
            if of_errors is None or of_errors.flat[0] >= 1.0:
                continue
            first.append(len(rows))
            limits.append(np.cumsum(of_errors.ravel()[1:]))
            numbers = list(product(range(4), repeat=len(place.qubits)))[1:]
            rows += [
                np.bitwise_xor.reduce(packed[[start + row for row in _rows_of(each)]], axis=0)
                for each in numbers
            ]
        width = max((len(row) for row in limits), default=0)
        self._rows = np.array(rows, dtype=np.uint8).reshape(len(rows), packed.shape[1])
        self._first = np.array(first, dtype=np.int64)
        self._any = np.array([row[-1] for row in limits])
        self._limits = np.array([np.pad(row, (0, width - len(row)), mode="edge") for row in limits])

        # Errors at a place with probability p are one point or more of a Poisson process on an
        # interval of length -log(1 - p); these intervals end here.
        self._ends = np.cumsum(-np.log1p(-np.minimum(self._any, MOST_LIKELY)))

    @property
    def some_error(self) -> float:
        """Probability that a trajectory has one error at least."""
        return float(-np.expm1(-self._ends[-1])) if len(self._ends) else 0.0

    def draw(self, count: int, rng: np.random.Generator) -> Signs:
        """Return the signs of independent trajectories, ``count`` of them."""
        chance = rng.random((count, len(self._any)))
        trajectory, place = np.nonzero(chance < self._any)
        return self._signs(count, trajectory, place, chance[trajectory, place])

    def draw_faulty(self, count: int, rng: np.random.Generator) -> Signs:
        """Return the signs of independent trajectories that have one error at least.

        Takes a few random numbers for each error, not one for each place.
        """
        total = self._ends[-1]
        at = rng.random(int((happened := _counts(total, count, rng)).sum())) * total
        place = np.minimum(np.searchsorted(self._ends, at, side="right"), len(self._ends) - 1)
        once = np.unique(np.repeat(np.arange(count), happened) * len(self._ends) + place)
        trajectory, place = np.divmod(once, len(self._ends))
        return self._signs(count, trajectory, place, rng.random(len(place)) * self._any[place])

    def _signs(
        self,
        count: int,
        trajectory: NDArray[np.int64],
        place: NDArray[np.int64],
        chance: NDArray[np.float64],
    ) -> Signs:
        """Return the signs of trajectories with given errors.

        Args:
            count: How many trajectories.
            trajectory: Of each error, ascending.
            place: Of each error.
            chance: Says which error it is: below the probability of any at that place.
        """
        flips = np.zeros((count, self._rows.shape[1]), dtype=np.uint8)
        if len(place):
            passed = chance[:, np.newaxis] >= self._limits[place]
            rows = self._rows[self._first[place] + passed.sum(axis=1)]
            heads = np.flatnonzero(np.diff(trajectory, prepend=-1))
            flips[trajectory[heads]] = np.bitwise_xor.reduceat(rows, heads, axis=0)
        bits = np.unpackbits(flips, axis=1, count=self.n_columns)
        signs = 1.0 - 2.0 * bits
        return Signs(signs[:, : self.n_rotations], signs[:, self.n_rotations :])


def _counts(mean: float, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return Poisson numbers that are not 0, shape (count,)."""
    chance = np.minimum(rng.uniform(np.exp(-mean), 1.0, count), MOST_LIKELY)
    found: NDArray[np.int64] = np.maximum(poisson.ppf(chance, mean).astype(np.int64), 1)
    return found


def _rows_of(numbers: Sequence[int]) -> list[int]:
    """Return the rows, after a gate's first one, of the X and Z that make up a Pauli error.

    Args:
        numbers: The letter on each of the gate's qubits: bit 0 says X, bit 1 says Z.
    """
    letters = [number >> letter & 1 for number in numbers for letter in range(2)]
    return [row for row, there in enumerate(letters) if there]


class TwirledEngine:
    """Values and gradients of a prepared circuit under Pauli-twirled noise, by random trajectories.

    Every evaluation of every sample draws its own errors, so values and gradients are random, and
    right on average for Pauli noise. Readout acts by its mean map.

    Args:
        prepared: The circuit.
        noise: The noise on its qubits.
        trajectories: How many are averaged for each sample.
        rng: Where all errors come from.
    """

    def __init__(
        self,
        prepared: PreparedCircuit,
        noise: LocalNoise,
        trajectories: int,
        rng: np.random.Generator,
    ) -> None:
        program, faults = measured_program(prepared.pqc, noise)
        self.trajectories, self.rng = trajectories, rng
        self.sampler = SignSampler(faults, noise.pauli_probabilities(), program.n_rotations)
        self.engine = ExactEngine(program)

    def linearise(self, inputs: Reals, weights: Reals) -> tuple[Reals, Pullback]:
        """Return values and their vector-Jacobian product under the same errors.

        Args:
            inputs: Shape (batch, n_inputs), radians.
            weights: Shape (n_weights,), radians.
        """
        count = self.trajectories
        signs = self.sampler.draw(len(inputs) * count, self.rng)
        repeated = np.repeat(inputs, count, axis=0)
        values, pull_back = self.engine.linearise(repeated, weights, signs)

        def pull(cotangents: Reals) -> tuple[Reals, Reals]:
            by_inputs, by_weights = pull_back(np.repeat(cotangents, count, axis=0) / count)
            return by_inputs.reshape(len(inputs), count, -1).sum(axis=1), by_weights

        return values.reshape(len(inputs), count, -1).mean(axis=1), pull
