import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter, ParameterExpression, ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import get_backend
from qkdrp.backends.qnn.parameter_shift import ShiftGradient, check_shiftable
from qkdrp.backends.qnn.shift_rule import find_rule
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.backends.tester import SpyEstimator
from tests.circuits.random_circuits import STANDARD_GATES

X = ParameterVector("x", 5)
A, B = Parameter("a"), Parameter("b")
ZZ = SparsePauliOp("ZZ")

TURNED = {name: gate for name, gate in STANDARD_GATES.items() if gate.params and gate.num_qubits}


def exact(circuit: QuantumCircuit, points: np.ndarray) -> np.ndarray:
    pqc = PQC(circuit, tuple(circuit.parameters), (), (ZZ,))
    return np.asarray(get_backend("statevector").qnn(pqc).backward(points, [])[0])


def shifted(circuit: QuantumCircuit, points: np.ndarray) -> np.ndarray:
    estimator = get_backend("statevector").estimator
    return ShiftGradient(estimator).jacobian(circuit, [ZZ], points, 0.0)


def between_rotations(gate: Gate) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    for qubit in range(2):
        circuit.u(0.7 + qubit, -0.4, 1.1, qubit)
    circuit.cx(0, 1)
    circuit.append(gate, range(gate.num_qubits))
    circuit.u(0.5, 0.3, -1.2, 0)
    circuit.ry(0.9, 1)
    return circuit


def block() -> QuantumCircuit:
    inside = QuantumCircuit(2, name="block")
    for qubit in range(2):
        inside.ry(A, qubit)
        inside.rx(B, qubit)
    circuit = QuantumCircuit(2)
    circuit.append(inside.to_gate(), [0, 1])
    return circuit


@pytest.mark.parametrize("kind", ["one each", "one for all", "products"])
@pytest.mark.parametrize("name", [name for name in TURNED if name != "delay"])
def test_the_rule_holds_for_every_gate(name: str, kind: str, rng: np.random.Generator) -> None:
    gate = TURNED[name].to_mutable()
    angles = {
        "one each": lambda i: 2 * X[i] + 0.1,
        "one for all": lambda _: X[0],
        "products": lambda i: X[i] * X[i + 1],
    }
    gate.params = [angles[kind](i) for i in range(len(gate.params))]
    circuit = between_rotations(gate)
    points = rng.uniform(-2, 2, (2, len(circuit.parameters)))
    np.testing.assert_allclose(shifted(circuit, points), exact(circuit, points), atol=1e-10)


@pytest.mark.parametrize(
    ("angle", "gate", "executions"),
    [
        (A, "rx", 2),
        (2 * A - 0.3, "rzz", 2),
        (A, "cp", 2),
        (A, "crx", 4),
        (0 * A, "rx", 0),
        (A * A, "rx", 2),
    ],
)
def test_a_gate_takes_as_many_values_as_it_has_frequencies(
    angle: ParameterExpression, gate: str, executions: int
) -> None:
    rule = find_rule(between_rotations(STANDARD_GATES[gate].base_class(angle)))
    assert len(rule.steps()) == executions


def test_a_parameter_of_several_gates_in_a_composite_is_shifted_gate_by_gate() -> None:
    point = np.array([[0.5, 0.7]])
    np.testing.assert_allclose(shifted(block(), point), exact(block(), point), atol=1e-12)
    np.testing.assert_allclose(shifted(block(), point)[0, 0], [-0.4922, -0.7589], atol=1e-4)


def test_all_angles_of_all_gates_are_one_pub() -> None:
    spy = SpyEstimator()
    ShiftGradient(spy).jacobian(block(), [ZZ], np.zeros((3, 2)), 0.0)
    assert spy.calls == [(1, 0.0)]


def test_a_circuit_whose_parameters_drive_one_gate_each_is_run_itself() -> None:
    circuit = build_pqc(PQCSpec(3, 1, 1)).circuit
    rule = find_rule(circuit)
    assert rule.circuit is circuit
    assert rule.is_plain
    assert {shift[1:] for shift in rule.shifts} == {(np.pi / 2, 0.5)}


def test_what_is_run_in_its_place_is_announced_once() -> None:
    gradient, heard, circuit = ShiftGradient(SpyEstimator()), list[QuantumCircuit](), block()
    gradient.on_circuit = heard.append
    for _ in range(2):
        gradient.jacobian(circuit, [ZZ], np.zeros((1, 2)), 0.0)
    assert [len(each.parameters) for each in heard] == [4]
    assert find_rule(circuit).circuit.metadata == circuit.metadata


def looped() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    with circuit.for_loop(range(2)):
        circuit.rx(A, 0)
    return circuit


def rotated(gate: Gate) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.append(gate, [1])
    return circuit


@pytest.mark.parametrize(
    ("circuit", "message"),
    [
        (rotated(Gate("mine", 1, [A])), r"gate 0 \(mine on qubits \[1\]\) is no gate"),
        (rotated(STANDARD_GATES["rx"].base_class(A.sign())), "has the angle sign"),
        (looped(), r"gate 0 \(for_loop on qubits \[0\]\)"),
    ],
)
def test_where_no_rule_is_known_it_says_so(circuit: QuantumCircuit, message: str) -> None:
    with pytest.raises(BackendError, match=f"use the gradient 'spsa'.*{message}"):
        find_rule(circuit)


@pytest.mark.parametrize(
    "gate", [STANDARD_GATES["crx"].base_class(A), STANDARD_GATES["rzz"].base_class(2 * A)]
)
def test_the_two_term_rule_is_refused_where_it_does_not_hold(gate: Gate) -> None:
    check_shiftable(build_pqc(PQCSpec(2, 1, 1)).circuit)
    for circuit in (between_rotations(gate), block()):
        with pytest.raises(BackendError, match="expected one rotation for each"):
            check_shiftable(circuit)
