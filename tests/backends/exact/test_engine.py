from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.exact import kernels, narrow
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.circuits import PQCSpec, build_pqc, compile_program
from qkdrp.training.threads import limit_threads
from tests.backends.random_programs import random_program
from tests.circuits.random_circuits import Case, cases

A, B, C = Parameter("a"), Parameter("b"), Parameter("c")
NOTHING = np.empty(0)

Arrays = tuple[np.ndarray, ...]


def engine_of(circuit: QuantumCircuit, labels: list[str], inputs: list[Parameter]) -> ExactEngine:
    return ExactEngine(compile_program(circuit, [SparsePauliOp(x) for x in labels], inputs, []))


def case_engine(case: Case) -> ExactEngine:
    return ExactEngine(compile_program(case.circuit, case.observables, case.inputs, case.weights))


def random_arguments(engine: ExactEngine, batch: int, rng: np.random.Generator) -> Arrays:
    """Inputs, weights and cotangents."""
    program = engine.program
    inputs = rng.uniform(-3, 3, (batch, program.n_inputs))
    weights = rng.uniform(-3, 3, program.n_weights)
    return inputs, weights, rng.normal(size=(batch, program.n_observables))


def assert_same(found: Arrays, expected: Arrays, tolerance: float) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


def strided(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 2, axis=-1)[..., ::2]


def backwards(array: np.ndarray) -> np.ndarray:
    return array[::-1].copy()[::-1]


def unaligned(array: np.ndarray) -> np.ndarray:
    raw = np.zeros(array.nbytes + 1, dtype=np.uint8)[1:]
    copy = raw.view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


@pytest.fixture
def pqc_engine() -> ExactEngine:
    pqc = build_pqc(PQCSpec(3, 2, 1))
    return ExactEngine(compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights))


def test_z_after_rx_is_a_cosine(rng: np.random.Generator) -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(A, 0)
    engine = engine_of(circuit, ["IZ", "ZI", "IY"], [A])
    theta = rng.uniform(-7, 7, 10)
    expected = np.stack([np.cos(theta), np.ones(10), -np.sin(theta)], axis=1)
    np.testing.assert_allclose(engine.values(theta[:, np.newaxis], NOTHING), expected, atol=1e-14)
    slopes, _ = engine.jacobian(theta[:, np.newaxis], NOTHING)
    expected = np.stack([-np.sin(theta), np.zeros(10), -np.cos(theta)], axis=1)
    np.testing.assert_allclose(slopes[..., 0], expected, atol=1e-14)


def test_rx_rz_rx_is_a_walk_on_the_sphere(rng: np.random.Generator) -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(A, 1)
    circuit.rz(B, 1)
    circuit.rx(C, 1)
    angles = rng.uniform(-7, 7, (10, 3))
    a, b, c = angles.T
    expected = np.cos(a) * np.cos(c) - np.sin(a) * np.cos(b) * np.sin(c)
    found = engine_of(circuit, ["ZI"], [A, B, C]).values(angles, NOTHING)
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-14)


def test_correlators_of_a_tilted_ghz_state(rng: np.random.Generator) -> None:
    circuit = QuantumCircuit(3)
    circuit.ry(A, 0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    theta = rng.uniform(-7, 7, 10)
    engine = engine_of(circuit, ["IIZ", "ZII", "ZIZ", "XXX", "YYX", "XXY"], [A])
    found = engine.values(theta[:, np.newaxis], NOTHING)
    cos, sin, one = np.cos(theta), np.sin(theta), np.ones(10)
    expected = np.stack([cos, cos, one, sin, -sin, 0 * one], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_a_pair_rotation_entangles(rng: np.random.Generator) -> None:
    circuit = QuantumCircuit(2)
    circuit.rxx(A, 0, 1)
    theta = rng.uniform(-7, 7, 10)
    found = engine_of(circuit, ["ZI", "ZZ", "XY"], [A]).values(theta[:, np.newaxis], NOTHING)
    expected = np.stack([np.cos(theta), np.ones(10), -np.sin(theta)], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-14)


@given(cases())
def test_gradients_are_central_differences(case: Case) -> None:
    engine, step = case_engine(case), 1e-5
    by_inputs, by_weights = engine.jacobian(case.points, case.weight_values)
    for index in range(len(case.inputs)):
        shift = step * np.eye(len(case.inputs))[index]
        upper = engine.values(case.points + shift, case.weight_values)
        lower = engine.values(case.points - shift, case.weight_values)
        np.testing.assert_allclose(by_inputs[..., index], (upper - lower) / (2 * step), atol=1e-6)
    for index in range(len(case.weights)):
        shift = step * np.eye(len(case.weights))[index]
        upper = engine.values(case.points, case.weight_values + shift)
        lower = engine.values(case.points, case.weight_values - shift)
        np.testing.assert_allclose(by_weights[..., index], (upper - lower) / (2 * step), atol=1e-6)


@given(cases())
def test_vjp_contracts_the_jacobian(case: Case) -> None:
    engine = case_engine(case)
    by_inputs, by_weights = engine.jacobian(case.points, case.weight_values)
    cotangents = np.cos(np.arange(len(case.points) * len(case.observables)))
    cotangents = cotangents.reshape(len(case.points), -1)
    found = engine.vjp(case.points, case.weight_values, cotangents)
    np.testing.assert_allclose(found[0], np.einsum("bo,boi->bi", cotangents, by_inputs), atol=1e-12)
    np.testing.assert_allclose(found[1], np.einsum("bo,bow->w", cotangents, by_weights), atol=1e-12)


def test_gradients_obey_the_parameter_shift_rule(
    pqc_engine: ExactEngine, rng: np.random.Generator
) -> None:
    inputs, weights = rng.uniform(-3, 3, (4, 6)), rng.uniform(-3, 3, 9)
    by_inputs, by_weights = pqc_engine.jacobian(inputs, weights)
    for index, shift in enumerate(np.pi / 2 * np.eye(6)):
        upper = pqc_engine.values(inputs + shift, weights)
        lower = pqc_engine.values(inputs - shift, weights)
        np.testing.assert_allclose(by_inputs[..., index], (upper - lower) / 2, atol=1e-13)
    for index, shift in enumerate(np.pi / 2 * np.eye(9)):
        upper = pqc_engine.values(inputs, weights + shift)
        lower = pqc_engine.values(inputs, weights - shift)
        np.testing.assert_allclose(by_weights[..., index], (upper - lower) / 2, atol=1e-13)


def test_samples_do_not_see_each_other(pqc_engine: ExactEngine, rng: np.random.Generator) -> None:
    inputs, weights = rng.uniform(-3, 3, (5, 6)), rng.uniform(-3, 3, 9)
    order = rng.permutation(5)
    values, (by_inputs, by_weights) = (
        pqc_engine.values(inputs, weights),
        pqc_engine.jacobian(inputs, weights),
    )
    np.testing.assert_allclose(pqc_engine.values(inputs[order], weights), values[order], atol=1e-14)
    found = pqc_engine.jacobian(inputs[order], weights)
    np.testing.assert_allclose(found[0], by_inputs[order], atol=1e-14)
    np.testing.assert_allclose(found[1], by_weights[order], atol=1e-14)
    one = pqc_engine.values(inputs[:1], weights)
    np.testing.assert_allclose(one, values[:1], atol=1e-14)


def test_an_empty_batch_has_no_values(pqc_engine: ExactEngine) -> None:
    assert pqc_engine.values(np.empty((0, 6)), np.zeros(9)).shape == (0, 3)
    by_inputs, by_weights = pqc_engine.vjp(np.empty((0, 6)), np.zeros(9), np.empty((0, 3)))
    assert by_inputs.shape == (0, 6)
    np.testing.assert_array_equal(by_weights, np.zeros(9))


def test_a_circuit_without_inputs(rng: np.random.Generator) -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(A, 0)
    engine = ExactEngine(compile_program(circuit, [SparsePauliOp("IZ")], [], [A]))
    theta = rng.uniform(-3, 3, 1)
    np.testing.assert_allclose(engine.values(np.empty((1, 0)), theta), [np.cos(theta)])
    by_inputs, by_weights = engine.vjp(np.empty((1, 0)), theta, np.ones((1, 1)))
    assert by_inputs.shape == (1, 0)
    np.testing.assert_allclose(by_weights, -np.sin(theta))


def test_a_circuit_without_parameters() -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(0.3, 0)
    engine = engine_of(circuit, ["IZ"], [])
    np.testing.assert_allclose(
        engine.values(np.empty((3, 0)), NOTHING), np.full((3, 1), np.cos(0.3))
    )
    by_inputs, by_weights = engine.jacobian(np.empty((3, 0)), NOTHING)
    assert by_inputs.shape == by_weights.shape == (3, 1, 0)


def test_unused_parameters_have_no_slope() -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(B, 0)
    by_inputs, _ = engine_of(circuit, ["IZ"], [A, B]).jacobian(np.array([[0.2, 0.4]]), NOTHING)
    np.testing.assert_allclose(by_inputs, [[[0.0, -np.sin(0.4)]]], atol=1e-15)


def test_arguments_are_left_as_they_were(pqc_engine: ExactEngine, rng: np.random.Generator) -> None:
    arrays = rng.random((2, 6)), rng.random(9), rng.random((2, 3))
    copies = [array.copy() for array in arrays]
    pqc_engine.vjp(*arrays)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("seed", range(10))
def test_linearised_it_gives_the_same_values_and_gradients(seed: int) -> None:
    rng = np.random.default_rng(seed)
    engine = ExactEngine(random_program(rng))
    inputs, weights, cotangents = random_arguments(engine, 9, rng)
    values, pull_back = engine.linearise(inputs, weights)
    np.testing.assert_array_equal(values, engine.values(inputs, weights))
    assert_same(pull_back(cotangents), engine.vjp(inputs, weights, cotangents), 1e-13)


def test_a_pullback_may_be_called_again(pqc_engine: ExactEngine, rng: np.random.Generator) -> None:
    inputs, weights, first = random_arguments(pqc_engine, 11, rng)
    second = rng.normal(size=first.shape)
    _, pull_back = pqc_engine.linearise(inputs, weights)
    for cotangents in (first, second, first):
        expected = pqc_engine.vjp(inputs, weights, cotangents)
        assert_same(pull_back(cotangents), expected, 1e-13)


def test_pullbacks_of_several_points_do_not_mix(
    pqc_engine: ExactEngine, rng: np.random.Generator
) -> None:
    points = [random_arguments(pqc_engine, batch, rng) for batch in (9, 3, 9)]
    pull_backs = [pqc_engine.linearise(*point[:2])[1] for point in points]
    for pull_back, point in zip(pull_backs, points, strict=True):
        assert_same(pull_back(point[2]), pqc_engine.vjp(*point), 1e-13)


def test_states_that_are_too_big_to_keep_are_computed_again(
    pqc_engine: ExactEngine, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, weights, cotangents = random_arguments(pqc_engine, 11, rng)
    values, pull_back = pqc_engine.linearise(inputs, weights)
    expected = pull_back(cotangents)
    by_observable = pqc_engine.jacobian(inputs, weights)
    kept_states = narrow.NarrowSweep(pqc_engine._batch_plan, pqc_engine.dtype, inputs, weights)
    kept_states.values(keep=True)
    assert kept_states.states.size > 0

    monkeypatch.setattr(narrow, "MAX_KEPT", 0)
    kept_states = narrow.NarrowSweep(pqc_engine._batch_plan, pqc_engine.dtype, inputs, weights)
    kept_states.values(keep=True)
    assert kept_states.states.size == 0
    again, pull_back = pqc_engine.linearise(inputs, weights)
    np.testing.assert_array_equal(again, values)
    assert_same(pull_back(cotangents), expected, 1e-14)
    assert_same(pqc_engine.jacobian(inputs, weights), by_observable, 1e-14)


@pytest.mark.parametrize(
    "other", [read_only, np.asfortranarray, np.float32, strided, backwards, unaligned]
)
def test_other_kinds_of_arrays_are_taken_without_compiling_again(
    other: Callable[[np.ndarray], np.ndarray], pqc_engine: ExactEngine, rng: np.random.Generator
) -> None:
    plain = random_arguments(pqc_engine, 9, rng)
    plain = tuple(array.astype(np.float32).astype(np.float64) for array in plain)
    expected = pqc_engine.values(*plain[:2]), *pqc_engine.vjp(*plain)
    compiled = len(kernels.sweep.signatures)
    arrays = tuple(other(array) for array in plain)
    values, pull_back = pqc_engine.linearise(*arrays[:2])
    assert_same((values, *pull_back(arrays[2])), expected, 1e-14)
    assert_same(pqc_engine.vjp(*arrays), expected[1:], 1e-14)
    assert len(kernels.sweep.signatures) == compiled


@pytest.mark.parametrize("batch", [1, 7, 8, 9, 17])
def test_the_number_of_threads_changes_nothing(
    batch: int, pqc_engine: ExactEngine, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "WORTH_THREADS", 0)
    inputs, weights, cotangents = random_arguments(pqc_engine, batch, rng)
    found = []
    for threads in (1, 2):
        with limit_threads(threads):
            values, pull_back = pqc_engine.linearise(inputs, weights)
            np.testing.assert_array_equal(pqc_engine.values(inputs, weights), values)
            assert_same(pull_back(cotangents), pqc_engine.vjp(inputs, weights, cotangents), 1e-13)
            found.append((values, *pull_back(cotangents)))
    np.testing.assert_array_equal(found[1][0], found[0][0])
    assert_same(found[1][1:], found[0][1:], 1e-13)


@pytest.mark.parametrize("batch", [1, 7, 8, 9, 17])
def test_samples_are_as_good_as_alone(
    batch: int, pqc_engine: ExactEngine, rng: np.random.Generator
) -> None:
    inputs, weights, cotangents = random_arguments(pqc_engine, batch, rng)
    alone = [
        (
            pqc_engine.values(inputs[b : b + 1], weights),
            *pqc_engine.vjp(inputs[b : b + 1], weights, cotangents[b : b + 1]),
        )
        for b in range(batch)
    ]
    values, by_inputs, by_weights = zip(*alone, strict=True)
    found = pqc_engine.values(inputs, weights), *pqc_engine.vjp(inputs, weights, cotangents)
    expected = np.concatenate(values), np.concatenate(by_inputs), np.sum(by_weights, axis=0)
    assert_same(found, expected, 1e-13)


def test_a_sample_that_is_no_number_spoils_no_other(
    pqc_engine: ExactEngine, rng: np.random.Generator
) -> None:
    inputs, weights, cotangents = random_arguments(pqc_engine, 9, rng)
    values = pqc_engine.values(inputs, weights)
    by_inputs, _ = pqc_engine.vjp(inputs, weights, cotangents)
    inputs[3] = np.nan
    found = pqc_engine.values(inputs, weights), pqc_engine.vjp(inputs, weights, cotangents)[0]
    for ours, theirs in zip(found, (values, by_inputs), strict=True):
        assert np.isnan(ours[3]).all()
        np.testing.assert_array_equal(np.delete(ours, 3, axis=0), np.delete(theirs, 3, axis=0))
