"""Any Pauli sums on every backend: exact, under noise, with shots, by sign flips, as jobs."""

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

from qkdrp.backends import get_backend
from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.local import LocalNoise
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.noise.trajectories import TwirledEngine
from qkdrp.backends.runtime.client_adapters import ADAPTERS
from qkdrp.circuits import PQC, PnuSpec, PQCSpec, build_pqc
from qkdrp.circuits.pauli.bases import count_bases
from tests.backends.tester import (
    Reals,
    check_gradients,
    check_values,
    exact_values,
    random_point,
)
from tests.circuits.random_circuits import reference_values
from tests.circuits.random_sums import random_pqc
from tests.runtime_server import RuntimeServer

DRAWS, LIMIT = 100, 4.0
"""Evaluations with shots, and standard errors within which their mean is right."""

DENSITY, TRAJECTORIES = "density_matrix", "trajectories"

NOISE = "depolarizing:p1=0.02,p2=0.04,readout=0.03"

SEEDS = range(4)


def pqc_of(seed: int) -> PQC:
    return random_pqc(np.random.default_rng(seed))


def point_of(pqc: PQC, seed: int, batch: int = 1) -> tuple[Reals, Reals]:
    return random_point(pqc, batch, np.random.default_rng(100 + seed))


def ordered(prepared: PreparedCircuit, inputs: Reals, weights: Reals) -> Reals:
    """Points in the order of the prepared circuit's parameters."""
    pqc = prepared.pqc
    names = [*pqc.inputs, *pqc.weights]
    points = np.concatenate([inputs, np.tile(weights, (len(inputs), 1))], axis=1)
    return points[:, [names.index(each) for each in pqc.circuit.parameters]]


def string_by_hand(
    circuit: QuantumCircuit, letters: str, qubits: list[int], noise: LocalNoise
) -> float:
    """A string's mean from Aer's density matrix, its own qubits alone turned and read."""
    turned = circuit.copy()
    for letter, qubit in zip(letters, qubits, strict=True):
        if letter == "X":
            turned.rz(np.pi / 2, qubit)
        if letter != "Z":
            turned.sx(qubit)
    turned.save_density_matrix()
    aer = AerSimulator(method="density_matrix", noise_model=noise.model())
    state = aer.run(turned).result().data()["density_matrix"]
    read = np.ones(1)
    for qubit in reversed(range(circuit.num_qubits)):
        flips = noise.assignment[qubit]
        of_qubit = np.array([1.0, -1.0]) @ flips if qubit in qubits else np.ones(2)
        read = np.kron(read, of_qubit)
    return float(np.real(np.diag(state.data)) @ read)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["statevector", "aer_exact", "aer_noisy"])
def test_exact_values_and_gradients(name: str, seed: int) -> None:
    pqc = pqc_of(seed)
    options = {"noise": "depolarizing:"} if name == "aer_noisy" else {}
    with get_backend(name, **options) as backend:
        qnn = backend.qnn(pqc)
        check_values(qnn, pqc, np.random.default_rng(seed))
        check_gradients(qnn, pqc, np.random.default_rng(seed))


def shifted_gradient(pqc: PQC, point: Reals) -> Reals:
    """Gradient of state vectors' values by the shift rule of parameters that are used twice.

    A value has frequencies 1 and 2 in such a parameter, which four shifts tell apart.
    """
    shifts, frequencies = np.array([np.pi / 4, 3 * np.pi / 4]), np.array([1.0, 2.0])
    factors = np.linalg.solve(2 * np.sin(np.outer(frequencies, shifts)), frequencies)
    steps = np.concatenate([shifts, -shifts])
    gradient = np.empty((pqc.n_outputs, len(point)))
    for index in range(len(point)):
        points = np.tile(point, (len(steps), 1))
        points[:, index] += steps
        values = reference_values(pqc.circuit, pqc.observables, [*pqc.inputs, *pqc.weights], points)
        gradient[:, index] = np.concatenate([factors, -factors]) @ values
    return gradient


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["statevector", "aer_exact"])
def test_gradients_are_those_of_shifted_state_vectors(name: str, seed: int) -> None:
    pqc = pqc_of(seed)
    inputs, weights = point_of(pqc, seed)
    expected = shifted_gradient(pqc, np.concatenate([inputs[0], weights]))
    with get_backend(name) as backend:
        by_inputs, by_weights = backend.qnn(pqc).backward(inputs, weights)
    found = np.concatenate([by_inputs[0], by_weights[0]], axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert np.abs(found).max() > 1e-2


@pytest.mark.parametrize("noise", [NOISE, "fake_torino"])
@pytest.mark.parametrize("seed", SEEDS)
def test_noisy_values_are_those_of_density_matrices(seed: int, noise: str) -> None:
    backend = AerNoisy(noise, noise_scale=3.0)
    prepared = backend.prepare(pqc_of(seed))
    (point,) = ordered(prepared, *point_of(prepared.pqc, seed))
    local = backend.source.noise(prepared.qubits, backend.parts, 3.0)
    simulator = NoisySimulator(local, Sampling(), np.random.default_rng(0))
    found, errors = simulator.evaluate(
        prepared.pqc.circuit, point[np.newaxis], prepared.pqc.observables
    )
    bound = prepared.pqc.circuit.assign_parameters(point)
    expected = [
        sum(
            factor.real * string_by_hand(bound, letters, qubits, local)
            for letters, qubits, factor in each.to_sparse_list()
        )
        for each in prepared.pqc.observables
    ]
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-10)
    assert not errors.any()


def test_gradients_are_those_of_the_noisy_values() -> None:
    pqc = pqc_of(0)
    inputs, weights = point_of(pqc, 0)
    qnn = AerNoisy(NOISE).qnn(pqc)
    by_inputs, by_weights = qnn.backward(inputs, weights)
    step, point = 1e-5, np.concatenate([inputs[0], weights])
    for index, found in enumerate(np.concatenate([by_inputs, by_weights], axis=2)[0].T):
        moves = [point + sign * step * np.eye(len(point))[index] for sign in (1, -1)]
        plus, minus = (qnn.forward(each[: pqc.n_inputs], each[pqc.n_inputs :]) for each in moves)
        np.testing.assert_allclose(found, (plus - minus)[0] / (2 * step), rtol=0, atol=1e-7)


@pytest.mark.parametrize(("seed", "method"), [(0, DENSITY), (1, DENSITY), (2, TRAJECTORIES)])
def test_values_with_shots_are_right_on_average(seed: int, method: str) -> None:
    backend = AerNoisy(NOISE, shots=100, method=method, seed=seed)
    pqc = pqc_of(seed)
    if method == TRAJECTORIES:  # which Aer runs point by point
        pqc = pqc.transformed(pqc.circuit, SparsePauliOp(["XXI", "ZZZ"], [0.7, -0.4]))
    prepared = backend.prepare(pqc)
    points = np.tile(ordered(prepared, *point_of(prepared.pqc, seed)), (DRAWS, 1))
    local = backend.source.noise(prepared.qubits, backend.parts, 1.0)
    what = prepared.pqc.circuit, points, prepared.pqc.observables
    rng = np.random.default_rng(seed)
    found, errors = NoisySimulator(local, backend.sampling, rng).evaluate(*what)
    (expected, *_), _ = NoisySimulator(local, Sampling(), rng).evaluate(*what)
    spread = found.std(axis=0, ddof=1)
    assert np.all(np.abs(found.mean(axis=0) - expected) <= LIMIT * spread / DRAWS**0.5)
    # Errors that are reported are those that values have: within 4 of their own errors.
    ratio = spread / np.sqrt(np.square(errors).mean(axis=0))
    assert np.all(np.abs(ratio - 1) <= LIMIT / (2 * DRAWS) ** 0.5)


def test_averages_over_trajectories_are_right() -> None:
    backend = AerNoisy(NOISE, method="trajectories", trajectories=400)
    prepared = backend.prepare(pqc_of(2))
    points = ordered(prepared, *point_of(prepared.pqc, 2, batch=3))
    local = backend.source.noise(prepared.qubits, backend.parts, 1.0)
    what = prepared.pqc.circuit, points, prepared.pqc.observables
    rng = np.random.default_rng(0)
    found, errors = NoisySimulator(local, backend.sampling, rng).evaluate(*what)
    expected, _ = NoisySimulator(local, Sampling(), rng).evaluate(*what)
    assert np.all(np.abs(found - expected) <= LIMIT * errors + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_sign_flips_are_right_on_average(seed: int) -> None:
    """Noise-aware training: values, and gradients by weights, of the noisy circuit."""
    count = 4000
    backend = AerNoisy(NOISE, train_noise=True, train_trajectories=1, seed=seed)
    qnn = backend.qnn(pqc_of(seed))
    inputs, weights = point_of(qnn.prepared.pqc, seed)
    expected = qnn.forward(inputs, weights)[0]
    _, slopes = AerNoisy(NOISE).qnn(pqc_of(seed)).backward(inputs, weights)
    engine = qnn._twirled
    assert isinstance(engine, TwirledEngine)
    values, pull_back = engine.linearise(np.tile(inputs, (count, 1)), weights)
    error = values.std(axis=0, ddof=1) / count**0.5
    assert np.all(np.abs(values.mean(axis=0) - expected) <= LIMIT * error)
    # Sums over trajectories, in ten parts: their spread is the error of their mean.
    for output in range(values.shape[1]):
        parts = []
        for part in np.array_split(np.arange(count), 10):
            one = np.zeros_like(values)
            one[part, output] = 10 / count
            parts.append(pull_back(one)[1])
        spread = np.std(parts, axis=0, ddof=1) / 10**0.5
        off = np.abs(np.mean(parts, axis=0) - slopes[0, output])
        assert np.all(off <= 6 * spread + 1e-9)  # of ten parts: Student's t


def test_each_basis_is_an_execution() -> None:
    pqc, shots = pqc_of(0), 50
    bases = count_bases(pqc.observables)
    assert bases > 2
    backend = AerNoisy(NOISE, shots=shots)
    backend.qnn(pqc).forward(*point_of(pqc, 0, batch=5))
    assert backend.usage.executions == 5 * bases == backend.estimate_cost(pqc, 5).executions
    assert backend.usage.shots == 5 * bases * shots == backend.estimate_cost(pqc, 5).shots
    (circuit,) = backend.report()["circuits"]
    assert circuit["measurement_bases"] == bases


def test_strings_of_z_are_one_execution() -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    backend = AerNoisy(NOISE, shots=50)
    backend.qnn(pqc).forward(*point_of(pqc, 0, batch=5))
    assert (backend.usage.executions, backend.usage.shots) == (5, 250)


def test_identities_and_constants_are_no_basis_of_their_own() -> None:
    pqc = pqc_of(1)
    sums = [SparsePauliOp(["III", "XXX"], [2.0, 0.5]), SparsePauliOp("III", 3.0)]
    pqc = pqc.transformed(pqc.circuit, sums)
    assert count_bases(pqc.observables) == 1
    inputs, weights = point_of(pqc, 1, batch=2)
    found = AerNoisy("depolarizing:").qnn(pqc).forward(inputs, weights)
    np.testing.assert_allclose(found, exact_values(pqc, inputs, weights), rtol=0, atol=1e-10)


@pytest.mark.parametrize("estimator", ADAPTERS)
def test_the_services_values(estimator: str, ibm: RuntimeServer, tmp_path: Path) -> None:
    """One job for all bases: the client groups strings as we count them."""
    pqc, shots = pqc_of(3), 2048
    inputs, weights = point_of(pqc, 3, batch=3)
    expected = AerNoisy("fake_manila").qnn(pqc).forward(inputs, weights)
    options = {"device": "ibm_manila", "shots": shots, "ledger": str(tmp_path / "ledger.sqlite")}
    with get_backend("ibm_runtime", runtime_estimator=str(estimator), **options) as backend:
        cost = backend.estimate_cost(pqc, 3)
        found = backend.qnn(pqc).forward(inputs, weights)
        (values,) = backend._estimator.found
    np.testing.assert_array_less(np.abs(found - expected), 5 * values.stds)
    bases = count_bases(pqc.observables)
    assert (cost.bases, cost.executions) == (bases, 3 * bases)
    assert backend.usage.executions == 3 * bases
    assert len(ibm.jobs) == 1


def test_the_service_runs_pnus_circuit(ibm: RuntimeServer, tmp_path: Path) -> None:
    """At the point of the published code's values; forms as built, and with the tail absorbed."""
    inputs, weights = np.array([[-1.0, 1.0]]), np.linspace(0.1, 3, 6)
    options = {"device": "ibm_manila", "shots": 2048, "ledger": str(tmp_path / "ledger.sqlite")}
    for absorb_tail, bases in ((False, 3), (True, 4)):
        pqc = build_pqc(PnuSpec(2, 1, absorb_tail=absorb_tail))
        expected = AerNoisy("fake_manila").qnn(pqc).forward(inputs, weights)
        with get_backend("ibm_runtime", **options) as backend:
            found = backend.qnn(pqc).forward(inputs, weights)
            (values,) = backend._estimator.found
        np.testing.assert_array_less(np.abs(found - expected), 5 * values.stds)
        assert backend.usage.executions == bases
    assert len(ibm.jobs) == 2
