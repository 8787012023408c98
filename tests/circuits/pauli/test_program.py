from dataclasses import fields, replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits import PauliProgram, PQCSpec, build_pqc, compile_program


@pytest.fixture
def program() -> PauliProgram:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    return compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)


ARRAYS = [
    field.name
    for field in fields(PauliProgram)
    if field.name != "curves" and not field.name.startswith("n_")
]


def test_arrays_have_one_entry_per_rotation_or_term(program: PauliProgram) -> None:
    assert program.n_rotations == 9
    rotations = ("x", "z", "coefficient", "source")
    assert {getattr(program, name).shape for name in rotations} == {(9,)}
    assert {getattr(program, n).shape for n in ARRAYS if n.startswith("term_")} == {(3,)}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_only(program: PauliProgram, name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(program, name)[0] = 1


@pytest.mark.parametrize("name", ARRAYS)
def test_programs_differ_by_any_entry(program: PauliProgram, name: str) -> None:
    changed = getattr(program, name).copy()
    changed[0] += 1
    assert replace(program, **{name: changed}) != program
    assert replace(program, **{name: getattr(program, name).copy()}) == program


@pytest.mark.parametrize("name", ["n_qubits", "n_inputs", "n_weights", "n_observables"])
def test_programs_differ_by_any_size(program: PauliProgram, name: str) -> None:
    assert replace(program, **{name: getattr(program, name) + 1}) != program


def test_programs_differ_by_their_curves() -> None:
    def program_of(angle: ParameterExpression, *names: Parameter) -> PauliProgram:
        circuit = QuantumCircuit(1)
        circuit.rx(angle, 0)
        return compile_program(circuit, [SparsePauliOp("Z")], names, [])

    a, b, c = (Parameter(name) for name in "abc")
    assert program_of(a * b, a, b) == program_of(c * b, c, b)
    assert program_of(a / b, a, b) != program_of(a * b, a, b)
    assert program_of(a / b, a, b) != program_of(a / b, b, a)
    assert program_of(a * b, a, b) != program_of(a + b, a, b)


def test_a_program_is_no_text_and_has_no_hash(program: PauliProgram) -> None:
    assert program != "program"
    with pytest.raises(TypeError):
        hash(program)


def test_an_empty_program_has_no_rotations() -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    program = compile_program(pqc.circuit.copy_empty_like(), pqc.observables, [], [])
    assert program.n_rotations == 0
    assert program.coefficient.dtype == np.float64
