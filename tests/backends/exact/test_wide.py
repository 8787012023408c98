import numpy as np
import pytest

from qkdrp.backends.exact import engine as engine_module
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.circuits import PQCSpec, build_pqc, compile_program
from qkdrp.common.errors import BackendError
from tests.backends.random_programs import random_program


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
