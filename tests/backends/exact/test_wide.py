import numpy as np
import pytest

from qkdrp.backends.exact import engine as engine_module
from qkdrp.backends.exact import wide
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.circuits import PauliProgram, PQCSpec, build_pqc, compile_program
from qkdrp.common.errors import BackendError
from qkdrp.training.threads import limit_threads
from tests.backends.random_programs import random_program, random_signs, signed


def evaluate(engine: ExactEngine, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    program = engine.program
    inputs = rng.uniform(-2, 2, (11, program.n_inputs))
    weights = rng.uniform(0, 6, program.n_weights)
    cotangents = rng.normal(size=(11, program.n_observables))
    return [
        engine.values(inputs, weights),
        *engine.vjp(inputs, weights, cotangents),
        *engine.jacobian(inputs, weights),
    ]


@pytest.mark.parametrize("seed", range(25))
def test_both_ways_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program = random_program(np.random.default_rng(seed))
    narrow = evaluate(ExactEngine(program), seed)
    single = evaluate(ExactEngine(program, np.float32), seed)
    monkeypatch.setattr(engine_module, "MAX_NARROW", -1)
    wide = evaluate(ExactEngine(program), seed)
    for left, right, rough in zip(narrow, wide, single, strict=True):
        assert left.shape == right.shape == rough.shape
        np.testing.assert_allclose(left, right, atol=1e-12)
        np.testing.assert_allclose(left, rough, atol=1e-4)


def test_samples_have_the_values_that_each_has_alone(rng: np.random.Generator) -> None:
    """What a batch has in common, what is kept, and whoever works: no number depends on it."""
    pqc = build_pqc(PQCSpec(13, 2, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    engine = ExactEngine(program)
    inputs, weights = rng.uniform(-1, 1, (5, program.n_inputs)), rng.uniform(0, 6, 39)
    cotangents = rng.normal(size=(5, program.n_observables))
    values, pull_back = engine.linearise(inputs, weights)
    by_inputs, by_weights = pull_back(cotangents)
    alone = [engine.vjp(inputs[[k]], weights, cotangents[[k]]) for k in range(5)]
    each = [engine.values(inputs[[k]], weights)[0] for k in range(5)]
    np.testing.assert_allclose(values, each, rtol=0, atol=1e-13)
    np.testing.assert_allclose(by_inputs, [one[0][0] for one in alone], rtol=0, atol=1e-13)
    np.testing.assert_allclose(by_weights, sum(one[1] for one in alone), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(pull_back(cotangents)[0], by_inputs)


@pytest.mark.parametrize("kept", [0, 3 << 18])
def test_states_that_are_not_kept_are_computed_again(
    kept: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pqc = build_pqc(PQCSpec(13, 1, 1))
    engine = ExactEngine(compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights))
    inputs, weights = rng.uniform(-1, 1, (5, 13)), rng.uniform(0, 6, 26)
    expected = engine.linearise(inputs, weights)[1](np.ones((5, 13)))
    monkeypatch.setattr(wide, "MAX_KEPT", kept)
    found = engine.linearise(inputs, weights)[1](np.ones((5, 13)))
    for left, right in zip(expected, found, strict=True):
        np.testing.assert_array_equal(left, right)


def wide_program(n_qubits: int, rng: np.random.Generator) -> PauliProgram:
    """All kinds of runs, several times, and terms of all kinds."""
    kinds = np.repeat([0, 1, 2, 1, 0, 2, 2], [3, 5, 1, 20, 4, 1, 1])  # Z, X, both
    masks = rng.integers(1, 2**n_qubits, (2, len(kinds)))
    masks[:, 10], masks[0, -1] = 1 << (n_qubits - 1), 5  # within rows
    terms = rng.integers(0, 2**n_qubits, (2, 6)) * np.array([[0, 0, 0, 1, 1, 1], [1] * 6])
    return PauliProgram(
        n_qubits=n_qubits,
        n_inputs=4,
        n_weights=6,
        n_observables=3,
        x=masks[0] * (kinds > 0),
        z=masks[1] * (kinds != 1),
        coefficient=rng.normal(size=len(kinds)),
        source=np.concatenate([[8, 7, 9], rng.integers(-1, 10, len(kinds) - 3)]),
        term_x=terms[0],
        term_z=terms[1],
        term_coefficient=rng.normal(size=6),
        term_observable=np.arange(6) % 3,
    )


def apply(x: int, z: int, psi: np.ndarray) -> np.ndarray:
    """Return P psi, from the definition of P."""
    k = np.arange(len(psi))
    signs = 1 - 2 * (np.bitwise_count(k & z).astype(int) & 1)
    found = np.empty_like(psi)
    found[k ^ x] = 1j ** int(x & z).bit_count() * signs * psi
    return found


def reference(
    program: PauliProgram, inputs: np.ndarray, weights: np.ndarray, cotangents: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and gradients by all parameters of one sample, rotation by rotation."""
    strings = [*zip(program.x.tolist(), program.z.tolist(), strict=True)]
    terms = [*zip(program.term_x.tolist(), program.term_z.tolist(), strict=True)]
    half = np.concatenate([inputs, weights, [1.0]])[program.source] * program.coefficient / 2
    psi = np.zeros(2**program.n_qubits, complex)
    psi[0] = 1.0
    for string, angle in zip(strings, half, strict=True):
        psi = np.cos(angle) * psi - 1j * np.sin(angle) * apply(*string, psi)
    values, adjoint = np.zeros(program.n_observables), np.zeros_like(psi)
    for string, c, o in zip(terms, program.term_coefficient, program.term_observable, strict=True):
        turned = c * apply(*string, psi)
        values[o] += np.vdot(psi, turned).real
        adjoint += cotangents[o] * turned
    gradient = np.zeros(program.n_inputs + program.n_weights + 1)
    for k in reversed(range(program.n_rotations)):
        slope = np.vdot(adjoint, apply(*strings[k], psi)).imag
        gradient[program.source[k]] += slope * program.coefficient[k]
        c, s = np.cos(half[k]), np.sin(half[k])
        psi, adjoint = (c * v + 1j * s * apply(*strings[k], v) for v in (psi, adjoint))
    return values, gradient[:-1]


@pytest.mark.parametrize(
    ("n_qubits", "batch", "threads", "max_own"),
    [(13, 3, 2, 17), (13, 3, 1, 17), (16, 1, 2, 17), (17, 2, 2, 16), (14, 1, 1, 12)],
)
def test_values_and_gradients_are_those_of_the_definition(
    n_qubits: int,
    batch: int,
    threads: int,
    max_own: int,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wide, "MAX_OWN", max_own)
    monkeypatch.setattr(wide, "MIN_SPLIT", 14)
    program = wide_program(n_qubits, rng)
    inputs, weights = rng.uniform(-2, 2, (batch, 4)), rng.uniform(0, 6, 6)
    cotangents = rng.normal(size=(batch, 3))
    with limit_threads(threads):
        values, pull_back = ExactEngine(program).linearise(inputs, weights)
        by_inputs, by_weights = pull_back(cotangents)
    expected = [reference(program, inputs[k], weights, cotangents[k]) for k in range(batch)]
    gradients = np.array([gradient for _, gradient in expected])
    np.testing.assert_allclose(values, [one for one, _ in expected], rtol=0, atol=1e-12)
    np.testing.assert_allclose(by_inputs, gradients[:, :4], rtol=0, atol=1e-12)
    np.testing.assert_allclose(by_weights, gradients[:, 4:].sum(axis=0), rtol=0, atol=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_each_sample_has_its_signs(threads: int, rng: np.random.Generator) -> None:
    program = wide_program(13, rng)
    signs = random_signs(program, 3, rng)
    inputs, weights = rng.uniform(-2, 2, (3, 4)), rng.uniform(0, 6, 6)
    with limit_threads(threads):
        found = ExactEngine(program).values(inputs, weights, signs)
    for k in range(3):
        expected, _ = reference(signed(program, signs, k), inputs[k], weights, np.zeros(3))
        np.testing.assert_allclose(found[k], expected, rtol=0, atol=1e-12)


def test_a_wide_circuit_has_the_gradient_of_its_values(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(14, 1, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    engine, step = ExactEngine(program), 1e-5
    inputs, weights = rng.uniform(-1, 1, (1, 14)), rng.uniform(0, 6, 28)
    cotangents = rng.normal(size=(1, 14))
    by_inputs, by_weights = engine.vjp(inputs, weights, cotangents)
    direction = rng.normal(size=14)
    ahead, behind = (
        (engine.values(inputs + side * step * direction, weights) * cotangents).sum()
        for side in (1, -1)
    )
    np.testing.assert_allclose(by_inputs[0] @ direction, (ahead - behind) / (2 * step), atol=1e-8)
    assert by_weights.shape == (28,)


def test_a_state_beyond_memory_is_refused_before_work() -> None:
    pqc = build_pqc(PQCSpec(40, 1, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    with pytest.raises(BackendError, match=r"40 qubits need 3\.28e\+04 GiB.*use fewer qubits"):
        ExactEngine(program)
