import math
import re
from collections.abc import Callable, Sequence

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, Parameter, ParameterExpression
from qiskit.circuit.library import RVGate
from qiskit.quantum_info import Operator, SparsePauliOp

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


def block_with_a_measurement() -> Instruction:
    block = QuantumCircuit(2, 1, name="block")
    block.measure(0, 0)
    return block.to_instruction()


@pytest.mark.parametrize(
    ("append", "gate"),
    [
        (lambda c: c.measure(1, 0), "measure on qubits [1]) is no gate"),
        (lambda c: c.reset(1), "reset on qubits [1]) is no gate"),
        (lambda c: c.initialize([0.6, 0.8], 1), "initialize on qubits [1]) holds reset, which is"),
        (lambda c: c.append(Gate("mine", 2, [A]), [2, 0]), "mine on qubits [2, 0]) is no gate"),
        (lambda c: c.append(RVGate(A, 0.1, 0.2), [2]), "rv on qubits [2]) is no gate"),
        (
            lambda c: c.append(block_with_a_measurement(), [2, 1], [0]),
            "block on qubits [2, 1]) hol",
        ),
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
    with pytest.raises(UnsupportedGateError, match=re.escape(f"gate 2 ({gate}")):
        compile_program(circuit, [SparsePauliOp("ZZZ")], [A, B], [])


def test_the_message_lists_the_rotations() -> None:
    circuit = QuantumCircuit(2)
    circuit.reset(0)
    with pytest.raises(UnsupportedGateError, match="rx, ry, rz, p, rxx, ryy, rzz, rzx"):
        compile_program(circuit, ZZ, [], [])


@pytest.mark.parametrize("angle", [1j * A, A + 1j, A * B + 1j, 1j * A.exp(), A.sign()], ids=str)
def test_an_angle_that_is_not_real_or_smooth_is_named_with_its_position(
    angle: ParameterExpression,
) -> None:
    with pytest.raises(CircuitError, match=re.escape("gate 1 (rx on qubits [1]) has the angle")):
        compile_program(rx(angle), ZZ, [A, B][: len(angle.parameters)], [])


@pytest.mark.parametrize("angle", [float("nan"), float("inf")])
def test_an_angle_that_is_not_finite_is_named_with_its_position(angle: float) -> None:
    with pytest.raises(CircuitError, match=re.escape("gate 1 (rx on qubits [1]) has the angle")):
        compile_program(rx(angle), ZZ, [], [])


def test_a_matrix_that_qiskit_decomposes_roughly_is_refused() -> None:
    almost = QuantumCircuit(2)
    almost.rxx(math.pi / 2 + 1e-5, 0, 1)
    almost.ryy(1.3e-5, 0, 1)
    circuit = QuantumCircuit(2)
    circuit.unitary(Operator(almost), [0, 1])
    with pytest.raises(UnsupportedGateError, match=r"given by a matrix.*off by"):
        compile_program(circuit, ZZ, [], [])


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
