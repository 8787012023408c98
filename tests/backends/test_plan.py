import numpy as np

from qkdrp.backends.plan import DIAGONAL, FLIP, MIXED, make_plan
from qkdrp.circuits import PauliProgram, PQCSpec, build_pqc, compile_program


def compiled(spec: PQCSpec) -> PauliProgram:
    pqc = build_pqc(spec)
    return compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)


def from_inputs(program: PauliProgram) -> np.ndarray:
    return program.source < program.n_inputs


def test_a_variational_block_is_one_run_however_deep() -> None:
    for depth in (1, 4):
        program = compiled(PQCSpec(4, 2, depth))
        plan = make_plan(program, from_inputs(program))
        assert plan.layout.kind.tolist() == [FLIP, DIAGONAL, FLIP, DIAGONAL, FLIP]
        assert plan.body == 1


def test_every_rotation_has_its_place_once() -> None:
    program = compiled(PQCSpec(5, 3, 2, entangler="brick"))
    plan = make_plan(program, from_inputs(program))
    assert sorted([*plan.each, *plan.common]) == list(range(program.n_rotations))


def test_strings_of_both_letters_stand_alone() -> None:
    x, z = np.array([1, 1, 3]), np.array([1, 1, 0])
    zeros = np.zeros(3, dtype=np.int64)
    program = PauliProgram(
        2, 0, 1, 1, x, z, np.ones(3), zeros, zeros[:1], zeros[:1], np.ones(1), zeros[:1]
    )
    plan = make_plan(program, np.zeros(3, dtype=bool))
    assert plan.layout.kind.tolist() == [MIXED, MIXED, FLIP]
    assert plan.each.tolist() == [0, 1]
