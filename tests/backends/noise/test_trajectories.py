"""Sign-flip trajectories beside Aer's density matrices under the same Pauli noise."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from qiskit_aer.noise import pauli_error

from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.isa.prepare import PreparedCircuit, prepare
from qkdrp.backends.noise.depolarizing import Depolarizing
from qkdrp.backends.noise.local import LocalNoise, assignment_matrices
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.noise.trajectories import SignSampler, TwirledEngine
from qkdrp.circuits import PQC, PQCSpec, build_pqc, compile_program
from qkdrp.circuits.pauli.angles import QUARTER_TURN
from qkdrp.circuits.pauli.faults import compile_faults

TRAJECTORIES = 4000
LIMIT = 4.0
"""Standard errors."""


def random_noise(n_qubits: int, rng: np.random.Generator) -> LocalNoise:
    """Other Pauli errors behind each gate on each qubit, and other readouts."""
    errors = {}
    for gate, width in (("sx", 1), ("x", 1), ("cx", 2)):
        for qubits in permutations(range(n_qubits), width):
            labels = [
                "".join(p) for p in np.array(list(np.ndindex((4,) * width)))[:, :].astype(str)
            ]
            labels = [text.translate(str.maketrans("0123", "IXYZ")) for text in labels]
            bad = rng.dirichlet(np.full(len(labels) - 1, 0.5)) * rng.uniform(0.01, 0.06)
            errors[gate, qubits] = pauli_error(
                list(zip(labels, [1 - bad.sum(), *bad], strict=True))
            )
    flips = rng.uniform(0, 0.1, (2, n_qubits))
    return LocalNoise(errors, assignment_matrices(*flips), ("rz", "sx", "x", "cx"))


def random_case(seed: int) -> tuple[PreparedCircuit, LocalNoise, np.ndarray]:
    """A prepared circuit with all its parameters as inputs, noise, and a point."""
    rng = np.random.default_rng(seed)
    spec = PQCSpec(
        int(rng.integers(2, 5)),
        int(rng.integers(1, 3)),
        int(rng.integers(1, 3)),
        measurement=str(rng.choice(["multi", "single"])),
        entangler=str(rng.choice(["ring", "linear", "brick"])),
        absorb_tail=bool(rng.integers(2)),
    )
    target = Depolarizing(p1=0.01, p2=0.02).target(spec.n_qubits)
    prepared = prepare(build_pqc(spec), target, seeds=[seed])
    pqc = prepared.pqc
    driven: PQC = replace(pqc, inputs=(*pqc.inputs, *pqc.weights), weights=(), spec=None)
    point = rng.uniform(-3, 3, len(driven.inputs))
    return replace(prepared, pqc=driven), random_noise(spec.n_qubits, rng), point


@pytest.mark.parametrize("seed", range(20))
def test_trajectories_agree_with_density_matrices(seed: int) -> None:
    prepared, noise, point = random_case(seed)
    pqc, rng = prepared.pqc, np.random.default_rng(1000 + seed)
    order = [pqc.inputs.index(parameter) for parameter in pqc.circuit.parameters]
    shifts = QUARTER_TURN * np.eye(len(point))
    points = point + np.concatenate([np.zeros((1, len(point))), shifts, -shifts])
    simulator = NoisySimulator(noise, Sampling(), rng)
    found, _ = simulator.evaluate(pqc.circuit, points[:, order], pqc.observables)
    value, (plus, minus) = found[0], np.split(found[1:], 2)
    gradient = (plus - minus) / 2

    engine = TwirledEngine(prepared, noise, 1, rng)
    repeated = np.tile(point, (TRAJECTORIES, 1))
    for index in range(len(pqc.observables)):
        values, pull_back = engine.linearise(repeated, np.empty(0))
        one = np.zeros_like(values)
        one[:, index] = 1.0
        slopes, _ = pull_back(one)
        for samples, expected in ((values, value), (slopes, gradient[:, index])):
            error = samples.std(axis=0, ddof=1) / TRAJECTORIES**0.5
            assert np.all(np.abs(samples.mean(axis=0) - expected) <= LIMIT * error + 1e-9)


def test_the_noise_of_those_circuits_matters() -> None:
    for seed in range(20):
        prepared, noise, point = random_case(seed)
        quiet = LocalNoise({}, assignment_matrices([0.0] * 4, [0.0] * 4), noise.gates)
        quiet = replace(quiet, assignment=quiet.assignment[: len(noise.assignment)])
        rng = np.random.default_rng(0)
        order = [prepared.pqc.inputs.index(p) for p in prepared.pqc.circuit.parameters]
        both = [
            NoisySimulator(each, Sampling(), rng).evaluate(
                prepared.pqc.circuit, point[np.newaxis, order], prepared.pqc.observables
            )[0]
            for each in (noise, quiet)
        ]
        assert np.abs(both[0] - both[1]).max() > 1e-3


def test_samples_draw_errors_of_their_own(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    faults = compile_faults(pqc.circuit, program, pqc.inputs, pqc.weights)
    sampler = SignSampler(faults, {("cx", (0, 1)): np.full((4, 4), 1 / 16)}, program.n_rotations)
    signs = sampler.draw(500, rng)
    again = sampler.draw(500, rng)
    assert len(np.unique(np.hstack(signs), axis=0)) > 10
    assert not np.array_equal(signs.terms, again.terms)
    # What a fully mixing error behind an earlier gate may flip, it flips half the time.
    flipped = (signs.rotations < 0).mean(axis=0)
    assert np.all((flipped == 0) | (np.abs(flipped - 0.5) < 4 * 0.5 / np.sqrt(500)))
    assert (flipped > 0).any()


def test_without_errors_all_signs_are_1(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    faults = compile_faults(pqc.circuit, program, pqc.inputs, pqc.weights)
    signs = SignSampler(faults, {}, program.n_rotations).draw(3, rng)
    assert signs.rotations.shape == (3, program.n_rotations)
    assert np.all(signs.rotations == 1)
    assert np.all(signs.terms == 1)


def test_averaging_lowers_the_spread_and_keeps_the_gradient(rng: np.random.Generator) -> None:
    backend = AerNoisy("depolarizing:p2=0.1", train_noise=True)
    prepared = backend.prepare(build_pqc(PQCSpec(2, 1, 1)))
    noise = backend._simulator(prepared.qubits)[0].noise
    one, many = (TwirledEngine(prepared, noise, count, rng) for count in (1, 16))
    inputs = np.tile(rng.uniform(-2, 2, 2), (400, 1))
    weights = rng.uniform(0, 6, 4)
    found = [engine.linearise(inputs, weights) for engine in (one, many)]
    ratio = found[0][0].std(axis=0) / found[1][0].std(axis=0)
    np.testing.assert_allclose(ratio, 4.0, rtol=0.25)
    gradients = [pull(np.full((400, 2), 1 / 400)) for _, pull in found]
    assert gradients[1][0].shape == (400, 2)
    for ours, theirs in zip(*gradients, strict=True):
        np.testing.assert_allclose(ours.sum(axis=0).sum(), theirs.sum(axis=0).sum(), atol=0.25)


def test_the_twirl_of_a_device_is_close_but_not_equal(
    torino: PreparedCircuit, rng: np.random.Generator
) -> None:
    backend = AerNoisy("fake_torino")
    noise = backend._simulator(torino.qubits)[0].noise
    points = rng.uniform(-3, 3, (20, len(torino.pqc.circuit.parameters)))
    full, twirled = (
        NoisySimulator(each, Sampling(), rng).evaluate(
            torino.pqc.circuit, points, torino.pqc.observables
        )[0]
        for each in (noise, noise.twirled())
    )
    assert 1e-6 < np.abs(full - twirled).max() < 0.01
