import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.backends.qnn.parameter_shift import LEAST_STEP, ShiftGradient, SpsaGradient, spsa_step
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from tests.backends.tester import SpyEstimator, random_point, stock_qnn


@pytest.fixture
def pqc() -> PQC:
    return build_pqc(PQCSpec(2, 1, 1))


def test_the_shift_rule_gives_the_adjoint_gradients(pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    expected = get_backend("statevector").qnn(pqc).backward(inputs, weights)
    found = stock_qnn(pqc, gradient=ShiftGradient).backward(inputs, weights)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("gradient", "points"), [(ShiftGradient, 12), (SpsaGradient, 2)])
def test_all_shifts_are_one_pub(
    pqc: PQC, gradient: type, points: int, rng: np.random.Generator
) -> None:
    spy = SpyEstimator()
    circuit = pqc.circuit
    found = gradient(spy).jacobian(circuit, pqc.observables, rng.uniform(-1, 1, (5, 6)), 0.0)
    assert found.shape == (5, 2, 6)
    assert spy.calls == [(1, 0.0)]
    assert spy.points == [5 * points]


def test_spsa_is_right_on_average(pqc: PQC, rng: np.random.Generator) -> None:
    point = rng.uniform(-2, 2, 6)
    estimator = get_backend("statevector").estimator
    exact = ShiftGradient(estimator).jacobian(pqc.circuit, pqc.observables, point[None])[0]
    spsa = SpsaGradient(estimator, rng, directions=2)
    samples = spsa.jacobian(pqc.circuit, pqc.observables, np.tile(point, (1500, 1)))
    error = samples.std(axis=0) / np.sqrt(1500)
    assert np.all(np.abs(samples.mean(axis=0) - exact) < 4 * error + LEAST_STEP**2 / 6)


def test_the_spsa_step_fits_the_shots() -> None:
    assert spsa_step(0) == LEAST_STEP
    steps = np.linspace(0.05, 1.5, 2000)
    for shots in (100, 1000, 10_000):
        squares = 1 / (2 * shots * steps**2) + steps**4 / 36
        assert spsa_step(shots) == pytest.approx(steps[squares.argmin()], abs=0.002)


def test_no_points_need_no_circuits(pqc: PQC) -> None:
    spy = SpyEstimator()
    found = ShiftGradient(spy).jacobian(pqc.circuit, pqc.observables, np.zeros((0, 6)))
    assert found.shape == (0, 2, 6)
    assert not spy.calls
