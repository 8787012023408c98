"""Angles of any size: each is reduced by itself, exactly, before angles are added up."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import get_backend
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.backends.exact.plan import MAX_NARROW
from qkdrp.circuits import PQC, compile_program
from qkdrp.circuits.pauli.angles import LARGEST, reduced
from qkdrp.circuits.pauli.program import Signs
from tests.backends.tester import exact_values

WIDTHS = [3, MAX_NARROW + 1]
SIZES = [1e3, 1e6, 1e12, 1e17, 1e300]


class Point(NamedTuple):
    inputs: NDArray[np.float64]
    weights: NDArray[np.float64]


def make_pqc(n_qubits: int) -> PQC:
    """Rotations of all kinds, shared by the batch and not, some with coefficients."""
    x, w = ParameterVector("x", 3), ParameterVector("w", 3)
    circuit = QuantumCircuit(n_qubits)
    for q in range(3):
        circuit.rx(w[q], q)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    for q in range(3):
        circuit.rz(x[q], q)
    circuit.rx(w[0], 0)
    circuit.rx(2 * w[1], 1)
    circuit.ryy(x[0], 0, 1)
    circuit.ry(-4 * x[1] + 0.3, 2)
    rest = "I" * (n_qubits - 3)
    observables = [SparsePauliOp(rest + "XYZ"), SparsePauliOp(rest + "IZZ")]
    return PQC.from_circuit(circuit, x, w, observables)


def random_point(rng: np.random.Generator) -> Point:
    return Point(rng.uniform(-1, 1, (3, 3)), rng.uniform(-1, 1, 3))


def engine_of(pqc: PQC) -> ExactEngine:
    return ExactEngine(compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights))


@pytest.mark.parametrize("n_qubits", WIDTHS)
@pytest.mark.parametrize("size", SIZES)
def test_values_are_those_of_state_vectors(
    n_qubits: int, size: float, rng: np.random.Generator
) -> None:
    pqc, (inputs, weights) = make_pqc(n_qubits), random_point(rng)
    engine = engine_of(pqc)
    inputs[1, [0, 2]] *= size
    weights[:2] *= size
    found = engine.values(inputs, weights)
    np.testing.assert_allclose(found, exact_values(pqc, inputs, weights), rtol=0, atol=2e-13)


@pytest.mark.parametrize("n_qubits", WIDTHS)
def test_gradients_and_signs_are_those_of_equal_small_angles(
    n_qubits: int, rng: np.random.Generator
) -> None:
    engine, (inputs, weights) = engine_of(make_pqc(n_qubits)), random_point(rng)
    turns = 4 * np.pi * np.round(2.0**20 / (4 * np.pi))  # so far, numbers have a few bits to spare
    large, heavy = inputs.copy(), weights.copy()
    large[0] += turns
    heavy[1] += turns
    program = engine.program
    signs = Signs(
        rng.choice([-1.0, 1.0], (3, program.n_rotations)),
        rng.choice([-1.0, 1.0], (3, len(program.term_x))),
    )
    cotangents = rng.normal(size=(3, 2))
    for sign in (None, signs):
        value, pull_back = engine.linearise(large, heavy, sign)
        expected, expected_pull_back = engine.linearise(inputs, weights, sign)
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-8)
        for found in (pull_back(cotangents), engine.vjp(large, heavy, cotangents, sign)):
            for one, other in zip(found, expected_pull_back(cotangents), strict=True):
                np.testing.assert_allclose(one, other, rtol=0, atol=1e-7)
    for one, other in zip(
        engine.jacobian(large, heavy), engine.jacobian(inputs, weights), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-7)


@pytest.mark.parametrize("n_qubits", WIDTHS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_angle_gives_no_value_and_spares_its_neighbours(
    n_qubits: int, bad: float, rng: np.random.Generator
) -> None:
    engine, (inputs, weights) = engine_of(make_pqc(n_qubits)), random_point(rng)
    expected = engine.values(inputs, weights)
    inputs[1, 2] = bad
    found = engine.values(inputs, weights)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(np.delete(found, 1, 0), np.delete(expected, 1, 0), atol=1e-13)


@pytest.mark.parametrize("angle", [1e17, 12345.678, 1e12 + 0.125, -3e20])
def test_constants_are_no_multiples_of_a_quarter_turn_by_their_size(angle: float) -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(angle, 0)
    for name in ("statevector", "aer_exact"):
        found = get_backend(name).estimator.run([(circuit, "Z")]).result()[0].data.evs
        np.testing.assert_allclose(found, np.cos(angle), rtol=0, atol=1e-13)


def test_reduced_angles_keep_sines_and_the_sign_of_a_full_turn(rng: np.random.Generator) -> None:
    angles = rng.uniform(-1, 1, 1000) * 10.0 ** rng.uniform(0, 300, 1000)
    small = reduced(angles)
    assert np.max(np.abs(small)) <= 2 * np.pi
    np.testing.assert_allclose(np.sin(small / 2), np.sin(angles / 2), rtol=0, atol=1e-15)
    np.testing.assert_allclose(np.cos(small / 2), np.cos(angles / 2), rtol=0, atol=1e-15)
    assert 2 * np.pi < LARGEST
