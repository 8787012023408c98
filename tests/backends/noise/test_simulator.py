import numpy as np
import pytest

from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.device import FakeDevice
from qkdrp.backends.noise.local import LocalNoise
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.common.errors import BackendError

PARTS = ("gates", "relaxation", "readout")


@pytest.fixture(scope="module")
def noise(torino: PreparedCircuit) -> LocalNoise:
    return FakeDevice("fake_torino").noise(torino.qubits, PARTS, 3.0)


def evaluate(
    torino: PreparedCircuit, noise: LocalNoise, points: np.ndarray, seed: int = 0, **how: object
) -> tuple[np.ndarray, np.ndarray]:
    simulator = NoisySimulator(noise, Sampling(**how), np.random.default_rng(seed))
    return simulator.evaluate(torino.pqc.circuit, points, torino.pqc.observables)


def test_trajectories_state_their_standard_error(
    torino: PreparedCircuit, noise: LocalNoise, rng: np.random.Generator
) -> None:
    points = rng.uniform(-3, 3, (3, len(torino.pqc.circuit.parameters)))
    exact, zero = evaluate(torino, noise, points)
    found, errors = evaluate(torino, noise, points, method="trajectories", trajectories=400)
    assert not zero.any()
    assert np.all(errors > 0)
    assert np.all(np.abs(found - exact) < 4 * errors)
    assert np.sqrt(np.mean(((found - exact) / errors) ** 2)) > 0.3


def test_shots_agree_with_and_without_density_matrices(
    torino: PreparedCircuit, noise: LocalNoise, rng: np.random.Generator
) -> None:
    points = rng.uniform(-3, 3, (2, len(torino.pqc.circuit.parameters)))
    exact, _ = evaluate(torino, noise, points)
    for method in ("density_matrix", "trajectories"):
        found, errors = evaluate(torino, noise, points, method=method, shots=2000)
        assert np.all(np.abs(found - exact) < 4 * errors)
        np.testing.assert_allclose(found * 1000, (found * 1000).round(), atol=1e-9)


@pytest.mark.parametrize(
    "how",
    [
        {"shots": 100},
        {"method": "trajectories", "trajectories": 8},
        {"method": "trajectories", "shots": 8},
    ],
)
def test_equal_points_draw_noise_of_their_own(
    torino: PreparedCircuit, noise: LocalNoise, how: dict[str, object]
) -> None:
    """One seed for all evaluations would give the same noise, which differences then hide."""
    points = np.full((6, len(torino.pqc.circuit.parameters)), 0.8)
    found, _ = evaluate(torino, noise, points, **how)
    assert len(np.unique(found.round(12), axis=0)) > 3
    again, _ = evaluate(torino, noise, points, **how)
    np.testing.assert_array_equal(found, again)
    other, _ = evaluate(torino, noise, points, seed=1, **how)
    assert not np.array_equal(found, other)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"shots": -1}, "shots = -1"),
        ({"trajectories": 1}, "trajectories = 1"),
    ],
)
def test_settings_are_checked(how: dict[str, object], words: str) -> None:
    with pytest.raises(BackendError, match=words):
        Sampling(**how)


def test_auto_goes_over_to_trajectories() -> None:
    assert Sampling().method_for(10) == "density_matrix"
    assert Sampling().method_for(11) == "trajectories"


def test_memory_is_checked_and_told() -> None:
    with pytest.raises(BackendError, match=r"density matrix of 20 qubits takes 16,384 GiB"):
        Sampling(method="density_matrix").method_for(20)
    with pytest.raises(BackendError, match=r"state vector of 50 qubits"):
        Sampling().method_for(50)
