import math

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import CXGate
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.circuits import ROTATION_GATES, PQCSpec, build_pqc, compile_program
from qkdrp.circuits.pauli.program import CONSTANT
from tests.circuits.random_circuits import (
    ROTATIONS,
    STANDARD_GATES,
    Case,
    case_values,
    cases,
    reference_values,
)

A, B = Parameter("a"), Parameter("b")
ZZ = [SparsePauliOp("ZZ")]


def rotation(name: str, angle: float) -> QuantumCircuit:
    gate = STANDARD_GATES[name].to_mutable()
    gate.params = [angle]
    circuit = QuantumCircuit(2)
    circuit.append(gate, range(gate.num_qubits))
    return circuit


def test_the_random_circuits_use_every_rotation_gate() -> None:
    assert set(ROTATIONS) == set(ROTATION_GATES)


@settings(max_examples=120)
@given(cases())
def test_programs_have_the_values_of_their_circuits(case: Case) -> None:
    program = compile_program(case.circuit, case.observables, case.inputs, case.weights)
    found = ExactEngine(program).values(case.points, case.weight_values)
    np.testing.assert_allclose(found, case_values(case), rtol=0, atol=1e-10)


@given(cases())
def test_compiling_twice_gives_the_same_program(case: Case) -> None:
    first, second = (
        compile_program(case.circuit, case.observables, case.inputs, case.weights) for _ in "12"
    )
    assert first == second


@pytest.mark.parametrize("turns", range(-5, 6))
@pytest.mark.parametrize("name", ROTATION_GATES)
def test_quarter_turns_cost_no_rotation(name: str, turns: int) -> None:
    circuit = rotation(name, turns * math.pi / 2)
    program = compile_program(circuit, ZZ, [], [])
    assert program.n_rotations == 0


@pytest.mark.parametrize("name", ROTATION_GATES)
def test_other_constants_cost_one_rotation(name: str) -> None:
    program = compile_program(rotation(name, 0.3), ZZ, [], [])
    assert program.coefficient.tolist() == [0.3]
    assert program.source.tolist() == [CONSTANT]


def test_an_offset_of_a_quarter_turn_costs_no_rotation() -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(A + math.pi / 2, 0)
    assert compile_program(circuit, ZZ, [A], []).n_rotations == 1


@pytest.mark.parametrize(
    ("angle", "terms"),
    [
        (A, [(1.0, 0)]),
        (-B, [(-1.0, 1)]),
        (2 * A, [(2.0, 0)]),
        (A + B, [(1.0, 0), (1.0, 1)]),
        (B - A / 4 + 0.3, [(-0.25, 0), (1.0, 1), (0.3, CONSTANT)]),
        (A - A + B, [(1.0, 1)]),
        (0 * A, []),
        (A - A, []),
        ((1 + A) + (-1 + A), [(2.0, 0)]),  # 0 in Qiskit 2.2 to 2.5.1
    ],
    ids=str,
)
def test_linear_angles_become_terms(angle: float, terms: list[tuple[float, int]]) -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(angle, 0)
    program = compile_program(circuit, ZZ, [A], [B])
    found = zip(program.coefficient.tolist(), program.source.tolist(), strict=True)
    assert list(found) == terms


def test_the_first_letter_acts_on_the_first_qubit() -> None:
    circuit = QuantumCircuit(3)
    circuit.rzx(A, 2, 0)
    program = compile_program(circuit, [SparsePauliOp("ZZZ")], [A], [])
    assert (program.x.tolist(), program.z.tolist()) == ([0b001], [0b100])


def test_a_pqc_has_one_rotation_per_parameter() -> None:
    pqc = build_pqc(PQCSpec(8, 32, 5, "single"))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    assert program.n_rotations == 1320 + 256
    assert sorted(program.source) == list(range(1320 + 256))


def test_inputs_and_weights_are_ordered_by_the_lists_and_not_by_name(
    rng: np.random.Generator,
) -> None:
    vector = list(ParameterVector("v", 12))
    circuit = QuantumCircuit(2)
    for index, parameter in enumerate(vector):
        circuit.ry(parameter, index % 2)
        circuit.rx(0.1, index % 2)
    inputs, weights = vector[11:8:-1], vector[:9]
    points, values = rng.uniform(-3, 3, (2, 3)), rng.uniform(-3, 3, 9)
    program = compile_program(circuit, ZZ, inputs, weights)
    tiled = np.concatenate([points, np.broadcast_to(values, (2, 9))], axis=1)
    np.testing.assert_allclose(
        ExactEngine(program).values(points, values),
        reference_values(circuit, ZZ, [*inputs, *weights], tiled),
        atol=1e-12,
    )


def test_composite_and_controlled_cliffords_are_clifford() -> None:
    part = QuantumCircuit(2, name="part")
    part.h(0)
    part.append(CXGate(ctrl_state=0), [0, 1])
    circuit = QuantumCircuit(2)
    circuit.append(part.to_gate(), [1, 0])
    circuit.rx(0.4, 0)
    found = ExactEngine(compile_program(circuit, ZZ, [], [])).values(np.empty((1, 0)), np.empty(0))
    np.testing.assert_allclose(found, reference_values(circuit, ZZ, [], np.empty((1, 0))))
