"""By how much the angles of a trained layer may move before its output is another one.

Features that a circuit takes layer after layer add up, so its output changes sooner than that of a
layer that takes each feature once. Measured, not known: for every circuit and all its weights.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.common.brief import Brief
from qkdrp.common.intervals import Interval, pearson_interval, varies
from qkdrp.systems.pairs.build import pqc_of
from qkdrp.systems.pairs.config import ModelConfig
from qkdrp.systems.pairs.model import PairModel

Reals = NDArray[np.float64]

MOVES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
"""Radians (rms over angles) that all angles are moved by."""

PUBLISHED_LAYER = 0.1
"""Length scale of the published layer, radians, as measured with drawn weights."""

SHOWN_MOVE = PUBLISHED_LAYER
"""The move that texts tell of."""

HALF = 0.5
"""Correlation with the former output at which an output counts as another one."""

MOST_POINTS, MOST_AMPLITUDES, FEWEST_POINTS = 2000, 2**20, 100
"""Points that a layer is measured at: fewer for many qubits."""

_SEED = 0


@dataclass(frozen=True, eq=False, repr=False)
class LengthScale(Brief):
    """Correlation of a layer's outputs before and after all its angles moved at random.

    Args:
        moves: Radians, rms over angles, ascending, shape (n_moves,).
        correlations: Same shape; NaN where outputs do not vary.
        intervals: 95% intervals of them; None where there is none.
        n_points: Points that were moved.
    """

    moves: Reals
    correlations: Reals
    intervals: tuple[Interval | None, ...]
    n_points: int

    @property
    def value(self) -> float | None:
        """The move at which the correlation falls to one half, radians; None where it does not."""
        below = np.flatnonzero(self.correlations <= HALF)
        if not len(below) or below[0] == 0:
            return None
        place = slice(below[0] - 1, below[0] + 1)
        x, y = np.log(self.moves[place]), self.correlations[place]
        return float(np.exp(np.interp(-HALF, -y, x)))

    def at(self, move: float) -> tuple[float, Interval | None]:
        """Return the correlation after one of the moves, and its interval."""
        place = int(np.flatnonzero(np.isclose(self.moves, move))[0])
        return float(self.correlations[place]), self.intervals[place]


@contextmanager
def exact_layer(config: ModelConfig, model: nn.Module) -> Iterator[QuantumLayer]:
    """Give the circuit of a model with its weights, on the exact engine in double precision.

    Args:
        config: Of the model; it has a circuit.
        model: The model.
    """
    assert isinstance(model, PairModel)
    assert isinstance(model.core, QuantumLayer)
    with get_backend("statevector") as backend:
        weights = model.core.weight.detach().double().numpy()
        yield QuantumLayer(backend.qnn(pqc_of(config)), weights).double()


def length_scale_of(config: ModelConfig, model: nn.Module) -> float | None:
    """Return the length scale of a trained circuit, radians; None where it has none.

    Args:
        config: Of the model; it has a circuit.
        model: The model.
    """
    with exact_layer(config, model) as layer:
        return measure(layer, standard_points(config)).value


def n_points(config: ModelConfig) -> int:
    """Return at how many points a circuit is measured."""
    affordable = MOST_AMPLITUDES >> config.n_qubits
    return max(FEWEST_POINTS, min(MOST_POINTS, affordable))


def standard_points(config: ModelConfig) -> Reals:
    """Return angles drawn from N(0, 1), shape (n_points, n_angles)."""
    rng = np.random.default_rng(_SEED)
    return rng.standard_normal((n_points(config), config.n_angles))


@torch.no_grad()
def measure(layer: QuantumLayer, points: Reals) -> LengthScale:
    """Return how outputs change when all angles move at random, always in the same directions.

    Args:
        layer: Takes angles, shape (n_points, n_angles).
        points: The angles, same shape, radians.
    """
    directions = np.random.default_rng(_SEED + 1).standard_normal(points.shape)
    before = _outputs(layer, points)
    correlations, intervals = [], list[Interval | None]()
    for move in MOVES:
        after = _outputs(layer, points + move * directions)
        defined = varies(before) and varies(after)
        correlations.append(float(np.corrcoef(before, after)[0, 1]) if defined else np.nan)
        intervals.append(pearson_interval(before, after) if defined else None)
    return LengthScale(np.array(MOVES), np.array(correlations), tuple(intervals), len(points))


def _outputs(layer: QuantumLayer, points: Reals) -> Reals:
    return np.asarray(layer(torch.from_numpy(points)).squeeze(-1), dtype=np.float64)


@torch.no_grad()
def angles_of(model: PairModel, inputs: tuple[torch.Tensor, ...]) -> Reals:
    """Return the angles of pairs, what the core of a model takes, shape (n_pairs, n_angles).

    Args:
        model: The model.
        inputs: Of the pairs.
    """
    seen = list[torch.Tensor]()
    handle = model.core.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model.eval()
    try:
        model(*inputs)
    finally:
        handle.remove()
    return np.asarray(seen[0], dtype=np.float64)
