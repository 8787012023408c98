"""Signs sample by sample: what Pauli errors in a circuit come to."""

from itertools import product

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Clifford, Pauli

from qkdrp.backends.exact import engine as engine_module
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.circuits import PQC, PauliProgram, PQCSpec, build_pqc, compile_program
from qkdrp.circuits.pauli.program import Signs
from tests.backends.random_programs import random_program, random_signs, signed
from tests.circuits.random_circuits import reference_values

BATCH = 11
"""Two chunks of samples, the second one not full."""

Arrays = list[np.ndarray]


@pytest.fixture(params=["narrow", "wide"])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "wide":
        monkeypatch.setattr(engine_module, "MAX_NARROW", -1)
    return str(request.param)


def random_arguments(program: PauliProgram, rng: np.random.Generator) -> Arrays:
    """Inputs, weights and cotangents."""
    inputs = rng.uniform(-2, 2, (BATCH, program.n_inputs))
    weights = rng.uniform(0, 6, program.n_weights)
    return [inputs, weights, rng.normal(size=(BATCH, program.n_observables))]


def one_by_one(program: PauliProgram, arguments: Arrays, signs: Signs) -> Arrays:
    """Values, and gradients by inputs and by weights: a program and an engine for each sample."""
    inputs, weights, cotangents = arguments
    values, by_inputs, by_weights = [], [], []
    for b in range(BATCH):
        engine = ExactEngine(signed(program, signs, b))
        values.append(engine.values(inputs[b : b + 1], weights))
        pulled = engine.vjp(inputs[b : b + 1], weights, cotangents[b : b + 1])
        by_inputs.append(pulled[0])
        by_weights.append(pulled[1])
    return [np.concatenate(values), np.concatenate(by_inputs), np.sum(by_weights, axis=0)]


def all_at_once(engine: ExactEngine, arguments: Arrays, signs: Signs | None) -> Arrays:
    inputs, weights, cotangents = arguments
    values = engine.values(inputs, weights, signs)
    return [values, *engine.vjp(inputs, weights, cotangents, signs)]


def assert_same(found: Arrays, expected: Arrays, tolerance: float) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
@pytest.mark.parametrize("seed", range(25))
def test_each_sample_is_evaluated_with_its_signs(
    seed: int, dtype: type[np.floating], tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    arguments, signs = random_arguments(program, rng), random_signs(program, BATCH, rng)
    expected = one_by_one(program, arguments, signs)
    assert_same(all_at_once(ExactEngine(program, dtype), arguments, signs), expected, tolerance)
    monkeypatch.setattr(engine_module, "MAX_NARROW", -1)
    assert_same(all_at_once(ExactEngine(program, dtype), arguments, signs), expected, tolerance)


@pytest.mark.parametrize("seed", range(5))
def test_linearised_values_and_gradients_have_the_signs_too(seed: int, width: str) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    arguments, signs = random_arguments(program, rng), random_signs(program, BATCH, rng)
    engine, (inputs, weights, cotangents) = ExactEngine(program), arguments
    values, pull_back = engine.linearise(inputs, weights, signs)
    expected = all_at_once(engine, arguments, signs)
    assert_same([values, *pull_back(cotangents)], expected, 1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_signs_that_are_all_1_change_nothing(seed: int, width: str) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    arguments = random_arguments(program, rng)
    ones = Signs(*(np.ones_like(array) for array in random_signs(program, BATCH, rng)))
    engine = ExactEngine(program)
    assert_same(all_at_once(engine, arguments, ones), all_at_once(engine, arguments, None), 1e-12)


def test_evaluations_with_and_without_signs_take_turns(
    width: str, rng: np.random.Generator
) -> None:
    pqc = build_pqc(PQCSpec(3, 2, 1))
    program = compiled(pqc, pqc.circuit)
    engine = ExactEngine(program)
    arguments, signs = random_arguments(program, rng), random_signs(program, BATCH, rng)
    plain, flipped = (all_at_once(engine, arguments, each) for each in (None, signs))
    assert np.abs(plain[0] - flipped[0]).max() > 0.1
    for each, expected in ((None, plain), (signs, flipped), (None, plain)):
        assert_same(all_at_once(engine, arguments, each), expected, 0.0)


def compiled(pqc: PQC, circuit: QuantumCircuit) -> PauliProgram:
    return compile_program(circuit, pqc.observables, pqc.inputs, pqc.weights)


def with_error(circuit: QuantumCircuit, position: int, label: str) -> QuantumCircuit:
    """The circuit with Pauli gates in front of one of its gates."""
    noisy = circuit.copy_empty_like()
    noisy.data = circuit.data[:position]
    noisy.append(Pauli(label), range(circuit.num_qubits))
    for instruction in circuit.data[position:]:
        noisy.append(instruction)
    return noisy


def anticommute(pauli: Pauli, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Whether a Pauli anticommutes with the strings of some masks."""
    bits = 1 << np.arange(pauli.num_qubits)
    crossed = np.bitwise_count(x & (pauli.z @ bits)) + np.bitwise_count(z & (pauli.x @ bits))
    return crossed % 2 == 1


def signs_of_error(
    program: PauliProgram, circuit: QuantumCircuit, position: int, label: str
) -> tuple[np.ndarray, np.ndarray]:
    """Flip what comes after a Pauli error and anticommutes with it, all CNOTs conjugated away."""
    before = circuit.data[:position]
    cliffords = circuit.copy_empty_like()
    cliffords.data = [gate for gate in before if not gate.is_parameterized()]
    error = Pauli(label).evolve(Clifford(cliffords), frame="h")
    later = np.arange(program.n_rotations) >= sum(gate.is_parameterized() for gate in before)
    return (
        np.where(later & anticommute(error, program.x, program.z), -1.0, 1.0),
        np.where(anticommute(error, program.term_x, program.term_z), -1.0, 1.0),
    )


@pytest.mark.parametrize(
    "spec", [PQCSpec(2, 2, 1), PQCSpec(3, 1, 1, "single", "brick")], ids=["multi", "single"]
)
def test_a_pauli_error_anywhere_flips_signs(
    spec: PQCSpec, width: str, rng: np.random.Generator
) -> None:
    pqc = build_pqc(spec)
    program = compiled(pqc, pqc.circuit)
    places = range(len(pqc.circuit.data) + 1)
    labels = ["".join(letters) for letters in product("IXYZ", repeat=spec.n_qubits)]
    errors = [(place, str(rng.choice(labels[1:]))) for place in places for _ in range(3)]
    signs = Signs(
        *map(
            np.array, zip(*(signs_of_error(program, pqc.circuit, *e) for e in errors), strict=True)
        )
    )
    inputs = rng.uniform(-3, 3, (len(errors), spec.n_inputs))
    weights = rng.uniform(0, 6, spec.n_weights)

    expected = [
        reference_values(
            with_error(pqc.circuit, *error),
            pqc.observables,
            [*pqc.inputs, *pqc.weights],
            np.concatenate([point, weights])[np.newaxis],
        )[0]
        for error, point in zip(errors, inputs, strict=True)
    ]
    found = ExactEngine(program).values(inputs, weights, signs)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert np.abs(found - ExactEngine(program).values(inputs, weights)).max() > 1e-4
