"""Pauli trajectories for evaluation: right on average, with their standard error, and quick."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import QuantumError, amplitude_damping_error, depolarizing_error, pauli_error

from qkdrp.backends import get_backend
from qkdrp.backends.noise.local import LocalNoise, assignment_matrices
from qkdrp.backends.noise.pauli_values import PauliValues
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.noise.trajectories import SignSampler
from qkdrp.circuits import PQC, PQCSpec, build_pqc, compile_program
from qkdrp.circuits.pauli.faults import compile_faults
from qkdrp.common.errors import BackendError
from tests.backends.noise.test_trajectories import random_case

PAULI = {"method": "pauli_trajectories"}
LIMIT = 4.0
"""Standard errors."""


def ignore(_: int) -> None:
    """Take no notice."""


def one_rotation() -> PQC:
    """RZ SX RZ SX RZ on one qubit: RX(theta) up to signs, with two gates that can fail."""
    angle, circuit = ParameterVector("x", 1), QuantumCircuit(1)
    circuit.sx(0)
    circuit.rz(angle[0], 0)
    circuit.sx(0)
    return PQC.from_circuit(circuit, angle, [], [SparsePauliOp("Z")])


def noise_after_sx(error: QuantumError, p01: float = 0.0, p10: float = 0.0) -> LocalNoise:
    return LocalNoise({("sx", (0,)): error}, assignment_matrices([p01], [p10]), ("rz", "sx"))


@pytest.mark.parametrize("p", [0.0, 1e-6, 0.02, 0.4, 1.0])
def test_depolarizing_shrinks_a_rotation_by_its_closed_form(
    p: float, rng: np.random.Generator
) -> None:
    """Two gates, each with (1 - p), and the mean map of the readout."""
    p01, p10 = 0.03, 0.08
    angles = rng.uniform(-3, 3, (5, 1))
    found, errors = PauliValues(
        one_rotation(), noise_after_sx(depolarizing_error(p, 1), p01, p10)
    ).evaluate(angles, 4000, rng, ignore)
    true = -((1 - p) ** 2) * np.cos(angles)
    expected = (1 - p01 - p10) * true + p10 - p01
    assert np.all(np.abs(found - expected) <= LIMIT * errors + 1e-9)
    assert errors.any() == (p > 0)


def test_the_exact_part_makes_rare_errors_cheap(rng: np.random.Generator) -> None:
    """A plain mean of 100 trajectories, one in 500 with an error, would spread by 0.009."""
    values = PauliValues(one_rotation(), noise_after_sx(pauli_error([("X", 1e-3), ("I", 0.999)])))
    found, errors = values.evaluate(np.zeros((20, 1)), 100, rng, ignore)
    assert values.sampler.some_error == pytest.approx(2e-3, rel=1e-2)
    assert errors.max() < 2e-3 * 1.0 / np.sqrt(100) * 1.1
    assert np.abs(found + (1 - 2e-3) ** 2).max() < 1e-4


def test_they_are_unbiased_and_their_errors_right() -> None:
    scores = []
    for seed in range(8):
        prepared, noise, point = random_case(seed)
        pqc, rng = prepared.pqc, np.random.default_rng(seed)
        order = [pqc.inputs.index(parameter) for parameter in pqc.circuit.parameters]
        exact, _ = NoisySimulator(noise, Sampling(), rng).evaluate(
            pqc.circuit, point[np.newaxis, order], pqc.observables
        )
        points = np.tile(point, (16, 1))
        found, errors = PauliValues(pqc, noise).evaluate(points, 64, rng, ignore)
        assert np.all(np.abs(found - exact) <= (LIMIT + 1) * errors + 1e-9)
        combined = np.sqrt((errors**2).sum(axis=0)) / len(points)
        known = combined > 0
        scores += ((found.mean(axis=0) - exact[0])[known] / combined[known]).tolist()
    assert len(scores) > 12
    assert abs(np.mean(scores)) < 3 / np.sqrt(len(scores))
    assert 0.6 < np.std(scores) < 1.5


def test_faulty_trajectories_are_those_with_an_error(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    faults = compile_faults(pqc.circuit, program, pqc.inputs, pqc.weights)
    bad = rng.dirichlet(np.ones(15)) * 0.15
    probabilities = {("cx", (0, 1)): np.array([0.85, *bad]).reshape(4, 4)}
    sampler = SignSampler(faults, probabilities, program.n_rotations)
    n_gates = sum(place.gate == "cx" and place.qubits == (0, 1) for place in faults.places)
    assert sampler.some_error == pytest.approx(1 - 0.85**n_gates)
    n = 40_000
    plain, faulty = sampler.draw(n, rng), sampler.draw_faulty(n, rng)
    for all_signs, faulty_signs in zip(plain, faulty, strict=True):
        flipped = (all_signs < 0).mean(axis=0)
        expected = flipped / sampler.some_error
        spread = np.sqrt(np.maximum(flipped, 1 / n) / n) / sampler.some_error
        assert np.all(np.abs((faulty_signs < 0).mean(axis=0) - expected) < 5 * spread)


def test_values_do_not_depend_on_which_points_come_together(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    inputs, weights = rng.uniform(-2, 2, (7, 3)), rng.uniform(0, 6, pqc.n_weights)
    found = []
    for parts in ([7], [2, 5], [1] * 7):
        with get_backend("aer_noisy", noise="depolarizing:p2=0.1", seed=4, **PAULI) as backend:
            qnn = backend.qnn(pqc)
            pieces = np.split(inputs, np.cumsum(parts)[:-1])
            found.append(np.concatenate([qnn.forward(each, weights) for each in pieces]))
            assert not backend.repeatable
    np.testing.assert_allclose(found[1], found[0], atol=1e-13)
    np.testing.assert_allclose(found[2], found[0], atol=1e-13)
    with get_backend("aer_noisy", noise="depolarizing:p2=0.1", seed=5, **PAULI) as backend:
        other = backend.qnn(pqc).forward(inputs, weights)
    assert np.abs(other - found[0]).max() > 1e-4


def test_several_bases_are_read_and_progress_is_whole(rng: np.random.Generator) -> None:
    """X, Y and Z of a qubit: three bases, whose changes of basis have errors of their own."""
    angle, circuit = ParameterVector("x", 1), QuantumCircuit(1)
    circuit.ry(angle[0], 0)
    pqc = PQC.from_circuit(circuit, angle, [], [SparsePauliOp(each) for each in "XYZ"])
    points, found, told = rng.uniform(-3, 3, (5, 1)), {}, list[tuple[int, int]]()
    for method in ("density_matrix", "pauli_trajectories"):
        with get_backend(
            "aer_noisy", noise="depolarizing:p1=0.2", method=method, trajectories=4000
        ) as backend:
            backend.on_progress = lambda _what, *counts: told.append(counts)
            found[method] = backend.qnn(pqc).forward(points, np.empty(0))
    assert told[-1] == (15, 15)
    values, expected = found["pauli_trajectories"], found["density_matrix"]
    assert np.abs(values - expected).max() < LIMIT / np.sqrt(4000)


def test_other_noise_is_twirled_and_it_is_said(rng: np.random.Generator) -> None:
    damped = noise_after_sx(amplitude_damping_error(0.1))
    assert not damped.is_pauli
    angles = rng.uniform(-3, 3, (3, 1))
    found, errors = PauliValues(one_rotation(), damped).evaluate(angles, 4000, rng, ignore)
    twirled, _ = NoisySimulator(damped.twirled(), Sampling(), rng).evaluate(
        one_rotation().circuit, angles, one_rotation().observables
    )
    assert np.all(np.abs(found - twirled) <= LIMIT * errors + 1e-9)
    for source, notes in (("fake_manila", 1), ("depolarizing:p2=0.1", 0)):
        with get_backend("aer_noisy", noise=source, **PAULI) as backend:
            backend.qnn(build_pqc(PQCSpec(2, 1, 1)))
            assert len(backend.report()["notes"]) == notes
            assert all("their twirl" in note for note in backend.notes)


@pytest.mark.parametrize(
    ("n_qubits", "n_gates", "how", "pauli", "method"),
    [
        (4, 100, {}, True, "density_matrix"),
        (8, 8000, {}, True, "pauli_trajectories"),
        (8, 8000, {}, False, "density_matrix"),
        (8, 8000, {"shots": 10}, True, "density_matrix"),
        (11, 10, {}, True, "pauli_trajectories"),
        (11, 10, {}, False, "trajectories"),
        (11, 10, {"shots": 10}, True, "trajectories"),
        (8, 8000, {"method": "density_matrix"}, True, "density_matrix"),
    ],
)
def test_auto_never_approximates(
    n_qubits: int, n_gates: int, how: dict[str, object], pauli: bool, method: str
) -> None:
    assert Sampling(**how).method_for(n_qubits, n_gates, pauli=pauli) == method


def test_shots_are_refused_in_words() -> None:
    with pytest.raises(BackendError, match=r"shots = 100: .* take the method density_matrix"):
        get_backend("aer_noisy", shots=100, **PAULI)


def test_values_and_their_errors_are_kept_where_asked_for(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    inputs, weights = rng.uniform(-2, 2, (4, 3)), rng.uniform(0, 6, pqc.n_weights)
    with get_backend("aer_noisy", noise="depolarizing:p2=0.1", **PAULI) as backend:
        qnn = backend.qnn(pqc)
        qnn.forward(inputs, weights)
        assert "noisy_values.csv" not in backend.files()
        backend.keep_values(on=True)
        values = qnn.forward(inputs, weights)
        backend.keep_values(on=False)
        qnn.forward(inputs, weights)
        rows = backend.files()["noisy_values.csv"].decode().splitlines()
        (circuit,) = backend.report()["circuits"]
    assert rows[0] == "row,observable,value,standard_error"
    table = np.array([row.split(",") for row in rows[1:]], dtype=float)
    np.testing.assert_allclose(table[:, 2].reshape(4, 3), values)
    assert circuit["trajectories"] == 128
    assert circuit["standard_error"] == pytest.approx(np.sqrt(np.mean(table[:, 3] ** 2)))
    assert circuit["largest_standard_error"] == table[:, 3].max() > 0
