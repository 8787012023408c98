from dataclasses import replace

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.noise.levels import LevelReader, NoiseLevel, values_of
from qkdrp.backends.noise.readout import draw
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.experiments.noise.gradient_signal import gradient_signals
from qkdrp.experiments.noise.layer import Layer
from tests.experiments.noise.conftest import NOISE

LEVELS = (NoiseLevel((), 0.0), NoiseLevel(("gates", "readout"), 2.0))
SHOTS = 200


TWO_BASES = [SparsePauliOp(["ZI", "XX"], [1.0, 0.5]), SparsePauliOp("IX")]


@pytest.fixture(scope="module", params=[None, TWO_BASES], ids=["Z", "two bases"])
def reader(request: pytest.FixtureRequest) -> LevelReader:
    backend, pqc = AerNoisy(NOISE), build_pqc(PQCSpec(2, 1, 1))
    pqc = pqc.transformed(pqc.circuit, request.param)
    return LevelReader(backend.prepare(pqc), backend.source)


@pytest.fixture
def layer(rng: np.random.Generator) -> Layer:
    angles, weights = rng.uniform(-1, 1, (3, 2)), rng.uniform(0, 6, 4)
    return Layer(angles, weights, np.array([0.8, -0.5]), 0.2)


def loss(reader: LevelReader, layer: Layer, label: np.ndarray, level: NoiseLevel) -> float:
    (shares,) = reader.read(layer.points, [level])
    return float(np.mean((layer.predict(values_of(shares, reader.worth)) - label) ** 2))


def test_the_norm_is_that_of_the_noisy_loss(
    reader: LevelReader, layer: Layer, rng: np.random.Generator
) -> None:
    label, step = rng.normal(size=3), 1e-5
    for level, signal in zip(LEVELS, gradient_signals(reader, layer, label, LEVELS), strict=True):
        slopes = []
        for index in range(4):
            moves = [layer.weights + s * step * np.eye(4)[index] for s in (1, -1)]
            plus, minus = (
                loss(reader, replace(layer, weights=each), label, level) for each in moves
            )
            slopes.append((plus - minus) / (2 * step))
        assert signal.norm == pytest.approx(np.linalg.norm(slopes), abs=1e-7)


def test_the_spread_is_that_of_drawn_gradients(
    reader: LevelReader, layer: Layer, rng: np.random.Generator
) -> None:
    label, level = rng.normal(size=3), LEVELS[1]
    (signal,) = gradient_signals(reader, layer, label, [level])
    (still,) = reader.read(layer.points, [level])
    residual = layer.predict(values_of(still, reader.worth)) - label
    shifted = []
    for sign in (1, -1):
        for index in range(4):
            weights = layer.weights + sign * np.pi / 2 * np.eye(4)[index]
            shifted += reader.read(replace(layer, weights=weights).points, [level])
    drawn = []
    for _ in range(2000):
        values = np.array([values_of(draw(each, SHOTS, rng), reader.worth) for each in shifted])
        plus, minus = np.split(values @ layer.slope, 2)
        drawn.append(((plus - minus) / 2) @ (2 / 3 * residual))
    spread = np.sqrt(np.var(drawn, axis=0, ddof=1).sum())
    assert signal.spread / SHOTS**0.5 == pytest.approx(spread, rel=0.05)
    assert signal.to_noise(SHOTS) == pytest.approx(signal.norm / spread, rel=0.05)
    assert signal.to_noise(0) is None
