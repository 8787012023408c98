import numpy as np
import pytest

from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.levels import LevelReader, NoiseLevel, values_of
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.noise.sources import find_source
from qkdrp.circuits import PQC
from qkdrp.circuits.pauli.bases import count_bases
from qkdrp.common.errors import BackendError
from tests.backends.tester import exact_values, random_point
from tests.circuits.random_sums import random_pqc

ALL = ("gates", "relaxation", "readout")


@pytest.fixture
def reader(torino: PreparedCircuit) -> LevelReader:
    return LevelReader(torino, find_source("fake_torino"))


def points_of(pqc: PQC, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    inputs, weights = random_point(pqc, 3, rng)
    return inputs, weights, np.hstack([inputs, np.tile(weights, (3, 1))])


def test_levels_are_those_of_the_backend(
    reader: LevelReader, torino: PreparedCircuit, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights, points = points_of(pqc, rng)
    levels = [NoiseLevel(("gates",), 1.0), NoiseLevel(ALL, 2.0), NoiseLevel((), 0.0)]
    for level, shares in zip(levels, reader.read(points, levels), strict=True):
        parts = ",".join(level.parts)
        backend = AerNoisy(noise_parts=parts, noise_scale=level.scale)
        backend.adopt(torino)
        expected = backend.qnn(pqc).forward(inputs, weights)
        np.testing.assert_allclose(values_of(shares, reader.worth), expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(shares.sum(axis=2), 1.0, atol=1e-12)


@pytest.mark.parametrize("parts", [(), ALL, ("readout",)])
def test_scale_0_is_exact_whatever_the_parts(
    parts: tuple[str, ...], reader: LevelReader, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights, points = points_of(pqc, rng)
    (shares,) = reader.read(points, [NoiseLevel(parts, 0.0)])
    expected = exact_values(pqc, inputs, weights)
    np.testing.assert_allclose(values_of(shares, reader.worth), expected, rtol=0, atol=1e-8)


def test_readout_shares_the_density_matrices(
    reader: LevelReader, pqc: PQC, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    run = NoisySimulator.distributions
    monkeypatch.setattr(
        NoisySimulator, "distributions", lambda self, *rest: calls.append(1) or run(self, *rest)
    )
    _, _, points = points_of(pqc, rng)
    levels = [NoiseLevel(ALL, 1.0), NoiseLevel(("gates", "relaxation"), 1.0),
              NoiseLevel(("readout",), 1.0), NoiseLevel((), 0.0)]  # fmt: skip
    reader.read(points, levels)
    assert len(calls) == 2


def test_a_scale_out_of_range_is_refused(reader: LevelReader) -> None:
    reader.check([NoiseLevel(ALL, 4.0)])
    with pytest.raises(BackendError, match="use at most"):
        reader.check([NoiseLevel(ALL, 1e3)])


def test_circuits_of_other_devices_are_not_adopted(torino: PreparedCircuit) -> None:
    with pytest.raises(BackendError, match="prepared for fake_torino, expected one for fake_fez"):
        AerNoisy("fake_fez").adopt(torino)


def test_an_adopted_circuit_is_not_prepared_again(
    torino: PreparedCircuit, pqc: PQC, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qkdrp.backends.aer_noisy.prepare", lambda *_, **__: pytest.fail("again"))
    backend = AerNoisy()
    backend.adopt(torino)
    assert backend.prepare(pqc) is torino
    assert backend.report()["circuits"][0]["physical_qubits"] == list(torino.qubits)


def test_levels_of_sums_in_several_bases(rng: np.random.Generator) -> None:
    backend = AerNoisy(noise_scale=2.0)
    pqc = random_pqc(rng)
    qnn = backend.qnn(pqc)
    inputs, weights, points = points_of(pqc, rng)
    reader = LevelReader(qnn.prepared, backend.source)
    (shares,) = reader.read(points, [NoiseLevel(ALL, 2.0)])
    assert shares.shape == (3, count_bases(pqc.observables), 8)
    expected = qnn.forward(inputs, weights)
    np.testing.assert_allclose(values_of(shares, reader.worth), expected, rtol=0, atol=1e-12)
