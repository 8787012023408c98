import re
from collections.abc import Callable, Sequence

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits import compile_program
from qkdrp.common.errors import CircuitError, UnsupportedGateError

A, B = Parameter("a"), Parameter("b")
ZZ = [SparsePauliOp("ZZ")]


def rx(angle: ParameterExpression | float) -> QuantumCircuit:
    """A circuit with the angle at position 1, on qubit 1."""
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.rx(angle, 1)
    return circuit


@pytest.mark.parametrize(
    ("append", "gate"),
    [
        (lambda c: c.t(1), "t on qubits [1]"),
        (lambda c: c.crx(A, 1, 0), "crx on qubits [1, 0]"),
        (lambda c: c.crx(0.3, 0, 1), "crx on qubits [0, 1]"),
        (lambda c: c.u(A, 0, 0, 1), "u on qubits [1]"),
        (lambda c: c.u(0.1, 0.2, 0.3, 1), "u on qubits [1]"),
        (lambda c: c.ccx(0, 1, 2), "ccx on qubits [0, 1, 2]"),
        (lambda c: c.measure(1, 0), "measure on qubits [1]"),
        (lambda c: c.reset(1), "reset on qubits [1]"),
        (lambda c: c.initialize([0.6, 0.8], 1), "initialize on qubits [1]"),
    ],
)
def test_an_unsupported_gate_is_named_with_its_position(
    append: Callable[[QuantumCircuit], object], gate: str
) -> None:
    circuit = QuantumCircuit(3, 1)
    circuit.h(0)
    circuit.rx(B, 0)
    append(circuit)
    circuit.cx(0, 1)
    with pytest.raises(UnsupportedGateError, match=re.escape(f"gate 2 ({gate})")):
        compile_program(circuit, [SparsePauliOp("ZZZ")], [A, B], [])


def test_the_message_lists_the_rotations() -> None:
    circuit = QuantumCircuit(2)
    circuit.t(0)
    with pytest.raises(UnsupportedGateError, match="rx, ry, rz, p, rxx, ryy, rzz, rzx"):
        compile_program(circuit, ZZ, [], [])


@pytest.mark.parametrize(
    "angle", [A * A, A * B, A.sin(), abs(A), 1 / A, B + A.log(), 1j * A], ids=str
)
def test_a_nonlinear_angle_is_named_with_its_position(angle: ParameterExpression) -> None:
    with pytest.raises(CircuitError, match=re.escape("gate 1 (rx on qubits [1]) has the angle")):
        compile_program(rx(angle), ZZ, [A, B], [])


@pytest.mark.parametrize("angle", [A.sign(), A + 1j], ids=str)
def test_an_angle_that_qiskit_cannot_differentiate_is_named_too(
    angle: ParameterExpression,
) -> None:
    with pytest.raises(CircuitError, match=re.escape("gate 1 (rx on qubits [1])")):
        compile_program(rx(angle), ZZ, [A], [])


def test_unknown_parameters_are_named() -> None:
    with pytest.raises(CircuitError, match=r"Parameters b .* neither inputs nor weights"):
        compile_program(rx(A + B), ZZ, [A], [])


@pytest.mark.parametrize(("inputs", "weights"), [([A], [A]), ([A, A], []), ([], [A, A])])
def test_a_parameter_has_one_place(inputs: list[Parameter], weights: list[Parameter]) -> None:
    with pytest.raises(CircuitError, match="twice"):
        compile_program(rx(A), ZZ, inputs, weights)


@pytest.mark.parametrize(
    ("observables", "message"),
    [
        ([], "no observable"),
        ([*ZZ, SparsePauliOp("ZZ", 1j)], "Observable 1 is not Hermitian"),
        ([SparsePauliOp(["ZZ", "XX"], [1, 0.5 + 0.1j])], "Observable 0 is not Hermitian"),
        ([SparsePauliOp("ZZZ")], "Observable 0 acts on 3 qubits, the circuit has 2"),
        ([*ZZ, SparsePauliOp("Z")], "Observable 1 acts on 1 qubits, the circuit has 2"),
    ],
)
def test_an_observable_must_fit(observables: Sequence[SparsePauliOp], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        compile_program(rx(A), observables, [A], [])


def test_masks_have_62_bits() -> None:
    with pytest.raises(CircuitError, match="Found 63 qubits, expected at most 62"):
        compile_program(QuantumCircuit(63), [SparsePauliOp("Z" * 63)], [], [])


def test_62_qubits_compile() -> None:
    circuit = QuantumCircuit(62)
    circuit.rx(A, 61)
    program = compile_program(circuit, [SparsePauliOp("Z" * 62)], [A], [])
    assert program.x.tolist() == [2**61]
    assert program.term_z.tolist() == [2**62 - 1]
