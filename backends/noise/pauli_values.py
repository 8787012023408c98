"""Values under Pauli noise by trajectories in the exact engine, with their standard errors."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.backends.noise.local import LocalNoise
from qkdrp.backends.noise.measured_program import measured_program
from qkdrp.backends.noise.trajectories import SignSampler
from qkdrp.circuits import PQC
from qkdrp.circuits.pauli.program import Signs

Reals = NDArray[np.float64]

TOGETHER = 4096
"""Trajectories that the engine gets at once: signs and angles of long circuits fit into memory."""

_NO_WEIGHTS = np.empty(0)


class PauliValues:
    """Values of a prepared circuit under the Pauli twirl of its noise, without gradients.

    A value is ``p0 v0 + (1 - p0) m``: with probability p0 nothing goes wrong and the exact value v0
    holds, which is computed once. Otherwise the mean m is taken over random trajectories with one
    error at least. Each of them is the same Pauli program with other signs, so it costs one exact
    pass. The mean map of the readout is exact.

    Every point has a generator of its own, so values do not depend on which points come together.

    Args:
        pqc: The circuit in the device's gates, all of its parameters as inputs.
        noise: The noise on its qubits.
    """

    def __init__(self, pqc: PQC, noise: LocalNoise) -> None:
        program, faults = measured_program(pqc, noise)
        self.pqc = pqc
        self.sampler = SignSampler(faults, noise.pauli_probabilities(), program.n_rotations)
        self.engine = ExactEngine(program)

    def evaluate(
        self,
        points: Reals,
        count: int,
        rng: np.random.Generator,
        on_done: Callable[[int], None],
    ) -> tuple[Reals, Reals]:
        """Return values and their standard errors, each of shape (n_points, n_observables).

        Args:
            points: Parameters in the order of the circuit's inputs, shape (n_points, n_inputs).
            count: Trajectories of each point, two at least.
            rng: Where the seeds of points come from, one number each.
            on_done: Called with a number of points when so many more are done.
        """
        seeds = rng.integers(2**63, size=len(points))
        means: Reals = self.engine.values(points, _NO_WEIGHTS).astype(np.float64, copy=False)
        errors, share = np.zeros_like(means), self.sampler.some_error
        if share == 0.0:
            on_done(len(points))
            return means, errors
        step = max(1, TOGETHER // count)
        for start in range(0, len(points), step):
            piece = slice(start, start + step)
            found = self._faulty(points[piece], seeds[piece], count)
            means[piece] += share * (found.mean(axis=1) - means[piece])
            errors[piece] = share * found.std(axis=1, ddof=1) / np.sqrt(count)
            on_done(len(found))
        return means, errors

    def _faulty(self, points: Reals, seeds: NDArray[np.int64], count: int) -> Reals:
        """Return values of trajectories with errors, shape (n_points, count, n_observables)."""
        drawn = [self.sampler.draw_faulty(count, np.random.default_rng(seed)) for seed in seeds]
        signs = Signs(*(np.concatenate(parts) for parts in zip(*drawn, strict=True)))
        values = self.engine.values(np.repeat(points, count, axis=0), _NO_WEIGHTS, signs)
        return np.asarray(values.reshape(len(points), count, -1))
