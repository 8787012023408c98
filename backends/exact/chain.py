"""The chain rule: programs with curves, evaluated as programs without."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.exact.reduction import Sweep
from qkdrp.circuits.pauli.curves import evaluate, pull_back
from qkdrp.circuits.pauli.program import PauliProgram

Reals = NDArray[np.floating[Any]]


class Chain:
    """Makes of a program's curves inputs and weights of a plain program, and takes them back.

    Curves of weights alone are weights, which the whole batch shares; all others are inputs.

    Args:
        program: A program with curves.

    Attributes:
        plain: The program without, whose inputs and weights are followed by the curves' angles.
    """

    def __init__(self, program: PauliProgram) -> None:
        n_inputs, n_weights = program.n_inputs, program.n_weights
        shared = np.array([curve.columns.min() >= n_inputs for curve in program.curves])
        self.n_inputs, self.n_weights = n_inputs, n_weights
        self.of_samples = [c for c, same in zip(program.curves, shared, strict=True) if not same]
        self.of_weights = [c for c, same in zip(program.curves, shared, strict=True) if same]
        first = n_inputs + len(self.of_samples)  # of the weights
        places = [
            *range(n_inputs),
            *range(first, first + n_weights),
            *np.where(
                shared,
                first + n_weights + np.cumsum(shared) - 1,
                n_inputs + np.cumsum(~shared) - 1,
            ),
            -1,  # CONSTANT is the last one
        ]
        self.plain = replace(
            program,
            n_inputs=first,
            n_weights=n_weights + len(self.of_weights),
            source=np.array(places, dtype=np.int64)[program.source],
            curves=(),
        )

    def angles(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return the plain program's inputs and weights."""
        each, one = self._points(inputs, weights)
        return (
            np.concatenate([inputs, evaluate(self.of_samples, each)], axis=1),
            np.concatenate([weights, evaluate(self.of_weights, one)[0]]),
        )

    def sweep(self, sweep: Sweep, inputs: Reals, weights: Reals) -> "ChainedSweep":
        """Return an evaluation of the plain program as one of the program itself."""
        return ChainedSweep(self, sweep, *self._points(inputs, weights))

    def _points(self, inputs: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Return all parameters sample by sample, and once with inputs that do not count."""
        each = np.concatenate(
            [inputs, np.broadcast_to(weights, (len(inputs), len(weights)))], axis=1, dtype=float
        )
        return each, np.concatenate([np.zeros(self.n_inputs), weights])[np.newaxis]


class ChainedSweep:
    """An evaluation of a program with curves.

    Args:
        chain: The program's chain rule.
        sweep: The evaluation of its plain program.
        each: All parameters sample by sample, shape (batch, n_parameters).
        one: All parameters with inputs that do not count, shape (1, n_parameters).
    """

    def __init__(self, chain: Chain, sweep: Sweep, each: Reals, one: Reals) -> None:
        self.chain, self.plain, self.each, self.one = chain, sweep, each, one

    def values(self, *, keep: bool = False) -> Reals:
        """Return the values, shape (batch, n_observables)."""
        return self.plain.values(keep=keep)

    def slopes(self, cotangents: Reals) -> tuple[Reals, Reals]:
        """Return gradients of a scalar.

        Args:
            cotangents: Derivative of the scalar by each value, shape (batch, n_observables).

        Returns:
            By the parameters of each sample, shape (batch, n_inputs + n_weights); and by weights,
            from angles that the whole batch shares, shape (n_weights,).
        """
        chain = self.chain
        first = chain.plain.n_inputs
        found, shared = self.plain.slopes(cotangents)
        each = pull_back(chain.of_samples, self.each, found[:, chain.n_inputs : first])
        each[:, : chain.n_inputs] += found[:, : chain.n_inputs]
        of_weights = found[:, first:]
        if of_weights.shape[1]:  # weights have an angle per sample
            each[:, chain.n_inputs :] += self._by_weights(of_weights)
        return each, self._by_weights(shared[np.newaxis])[0]

    def _by_weights(self, found: Reals) -> Reals:
        """Return gradients by weights from those by weights and curves of weights."""
        chain = self.chain
        curved = pull_back(chain.of_weights, self.one, found[:, chain.n_weights :])
        return np.asarray(found[:, : chain.n_weights] + curved[:, chain.n_inputs :])
