import numpy as np

from qkdrp.backends.exact.plan import DIAGONAL, FLIP, MAX_TABLE, MIXED, Plan, make_plan
from qkdrp.circuits import PauliProgram, PQCSpec, build_pqc, compile_program


def compiled(spec: PQCSpec) -> PauliProgram:
    pqc = build_pqc(spec)
    return compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)


def batch_plan(program: PauliProgram) -> Plan:
    return make_plan(program, np.zeros(program.n_rotations, dtype=bool))


def test_a_variational_block_is_one_run_however_deep() -> None:
    for depth in (1, 4):
        plan = batch_plan(compiled(PQCSpec(4, 2, depth)))
        assert plan.layout.runs["kind"].tolist() == [FLIP, DIAGONAL, FLIP, DIAGONAL, FLIP]
        assert plan.body == 1


def test_every_rotation_has_its_place_once() -> None:
    program = compiled(PQCSpec(5, 3, 2, entangler="brick"))
    layout = batch_plan(program).layout
    rotation_of = {source: index for index, source in enumerate(program.source.tolist())}
    common = [rotation_of[program.n_inputs + weight] for weight in layout.common["weight"]]
    assert sorted([*layout.each["index"], *common]) == list(range(program.n_rotations))


def test_only_what_inputs_drive_differs_from_sample_to_sample() -> None:
    program = compiled(PQCSpec(5, 3, 2, entangler="brick"))
    from_inputs = np.flatnonzero(program.source < program.n_inputs)
    assert batch_plan(program).layout.each["index"].tolist() == from_inputs.tolist()
    everything = make_plan(program, np.ones(program.n_rotations, dtype=bool))
    assert everything.layout.each["index"].tolist() == list(range(program.n_rotations))
    assert len(everything.layout.common) == everything.n_shared == everything.body == 0


def test_tables_cover_the_rotations_of_their_run() -> None:
    layout = batch_plan(compiled(PQCSpec(5, 3, 2))).layout
    assert layout.tables["size"].tolist() == [MAX_TABLE, 1] * 3
    assert layout.tables["first"].tolist() == [0, 4, 5, 9, 10, 14]
    assert layout.runs["start"].tolist() == [0, 0, 2, 2, 4, 4, 6]
    assert layout.runs["stop"].tolist() == [0, 2, 2, 4, 4, 6, 6]


def test_strings_of_both_letters_stand_alone() -> None:
    x, z = np.array([1, 1, 3]), np.array([1, 1, 0])
    zeros = np.zeros(3, dtype=np.int64)
    program = PauliProgram(
        2, 0, 1, 1, x, z, np.ones(3), zeros, zeros[:1], zeros[:1], np.ones(1), zeros[:1]
    )
    plan = batch_plan(program)
    assert plan.layout.runs["kind"].tolist() == [MIXED, MIXED, FLIP]
    assert plan.layout.each["index"].tolist() == [0, 1]
