"""Pauli errors behind gates, as flips of rotations and terms."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli

from qkdrp.circuits import PQCSpec, build_pqc, compile_program
from qkdrp.circuits.pauli.faults import compile_faults
from qkdrp.circuits.pauli.program import PauliProgram
from tests.circuits.random_circuits import Case, cases, reference_values


def with_error(circuit: QuantumCircuit, gate: int, numbers: tuple[int, ...]) -> QuantumCircuit:
    """The circuit with a Pauli error behind one of its gates, barriers not counted."""
    noisy, seen = circuit.copy_empty_like(), -1
    for instruction in circuit.data:
        noisy.append(instruction)
        seen += instruction.name != "barrier"
        if seen == gate and instruction.name != "barrier":
            for number, qubit in zip(numbers, instruction.qubits, strict=True):
                noisy.append(Pauli("IXZY"[number]), [qubit])
    return noisy


def flipped(program: PauliProgram, flips: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """Values of a program with flips, by matrices: one sample."""
    dimension = 1 << program.n_qubits
    index = np.arange(dimension)

    def apply(x: int, z: int, state: np.ndarray) -> np.ndarray:
        signs = (-1.0) ** np.bitwise_count(index & z)
        found = np.zeros_like(state)
        found[index ^ x] = 1j ** np.bitwise_count(np.int64(x & z)) * signs * state
        return found

    signs = 1.0 - 2.0 * flips
    state = np.zeros(dimension, dtype=complex)
    state[0] = 1.0
    driven = np.append(parameters, 1.0)[program.source] * program.coefficient
    for k, angle in enumerate(driven * signs[: program.n_rotations]):
        turned = apply(int(program.x[k]), int(program.z[k]), state)
        state = np.cos(angle / 2) * state - 1j * np.sin(angle / 2) * turned
    values = np.zeros(program.n_observables)
    for t, sign in enumerate(signs[program.n_rotations :]):
        mean = np.vdot(state, apply(int(program.term_x[t]), int(program.term_z[t]), state)).real
        values[program.term_observable[t]] += sign * program.term_coefficient[t] * mean
    return values


@settings(max_examples=40)
@given(cases())
def test_flips_stand_for_errors_in_any_circuit(case: Case) -> None:
    parameters = [*case.inputs, *case.weights]
    point = np.concatenate([case.points[0], case.weight_values])
    program = compile_program(case.circuit, case.observables, case.inputs, case.weights)
    faults = compile_faults(case.circuit, program, case.inputs, case.weights)
    gates = [gate for gate in case.circuit.data if gate.name != "barrier"]
    assert [place.gate for place in faults.places] == [gate.name for gate in gates]
    rng = np.random.default_rng(len(gates))
    for gate in rng.permutation(len(gates))[:6]:
        place, start = faults.places[gate], faults.start[gate]
        numbers = tuple(int(n) for n in rng.integers(0, 4, len(place.qubits)))
        rows = [
            faults.flips[start + 2 * i + letter]
            for i, number in enumerate(numbers)
            for letter in range(2)
            if number >> letter & 1
        ]
        flips = np.bitwise_xor.reduce(rows, axis=0) if rows else np.zeros_like(faults.flips[0])
        noisy = with_error(case.circuit, int(gate), numbers)
        expected = reference_values(noisy, case.observables, parameters, point[np.newaxis])[0]
        np.testing.assert_allclose(flipped(program, flips, point), expected, rtol=0, atol=1e-9)


def test_every_gate_has_a_row_for_each_letter_of_each_qubit() -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    faults = compile_faults(pqc.circuit, program, pqc.inputs, pqc.weights)
    sizes = [2 * len(place.qubits) for place in faults.places]
    assert faults.start.tolist() == np.cumsum([0, *sizes[:-1]]).tolist()
    assert faults.flips.shape == (sum(sizes), program.n_rotations + len(program.term_x))


def test_an_error_flips_no_earlier_rotation() -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    faults = compile_faults(pqc.circuit, program, pqc.inputs, pqc.weights)
    done = np.cumsum([gate.is_parameterized() for gate in pqc.circuit.data])
    for place, (start, count) in enumerate(zip(faults.start, done, strict=True)):
        rows = faults.flips[start : start + 2 * len(faults.places[place].qubits)]
        assert not rows[:, :count].any()


@pytest.mark.parametrize("letters", list(product("XZ", repeat=2)))
def test_errors_behind_the_last_gate_flip_by_anticommutation(letters: tuple[str, str]) -> None:
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    observables = [Pauli(label) for label in ("IZ", "ZI", "XX")]
    from qiskit.quantum_info import SparsePauliOp

    program = compile_program(circuit, [SparsePauliOp(each) for each in observables], [], [])
    faults = compile_faults(circuit, program, [], [])
    row = faults.flips["XZ".index(letters[0])] ^ faults.flips[2 + "XZ".index(letters[1])]
    error = Pauli(letters[1] + letters[0])
    assert row.tolist() == [error.anticommutes(each) for each in observables]
