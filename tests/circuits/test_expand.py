from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import (
    AnnotatedOperation,
    Gate,
    InverseModifier,
    Parameter,
    ParameterVector,
    PowerModifier,
)
from qiskit.circuit.library import (
    GlobalPhaseGate,
    PauliEvolutionGate,
    PermutationGate,
    QFTGate,
    RXGate,
    RXXGate,
    StatePreparation,
    UnitaryGate,
    real_amplitudes,
    zz_feature_map,
)
from qiskit.quantum_info import Clifford, Operator, SparsePauliOp, random_clifford, random_unitary

from qkdrp.circuits import CLIFFORD_GATES, ROTATION_GATES, PQCSpec, build_pqc, expand_gates
from qkdrp.circuits.expand import is_primitive, take_apart
from tests.circuits.random_circuits import STANDARD_GATES

X = ParameterVector("x", 4)

GATES = {
    name: gate
    for name, gate in STANDARD_GATES.items()
    if isinstance(gate, Gate) and gate.num_qubits > 0
}


def assert_same_up_to_phase(found: QuantumCircuit, wanted: QuantumCircuit) -> None:
    values = np.random.default_rng(0).uniform(-3, 3, len(wanted.parameters))
    point = dict(zip(wanted.parameters, values, strict=True))
    kept = {parameter: point[parameter] for parameter in found.parameters}
    theirs = Operator(wanted.assign_parameters(point))
    assert Operator(found.assign_parameters(kept)).equiv(theirs, atol=1e-10)


@pytest.mark.parametrize("name", GATES)
def test_every_standard_gate_becomes_rotations_and_cliffords(name: str) -> None:
    gate = GATES[name].to_mutable()
    gate.params = [2 * X[i] + X[i - 1] for i in range(len(gate.params))]
    circuit = QuantumCircuit(gate.num_qubits + 1)
    circuit.append(gate, range(gate.num_qubits, 0, -1))
    found = expand_gates(circuit)
    assert all(map(is_primitive, found.data))
    assert set(found.count_ops()) <= {*ROTATION_GATES, *CLIFFORD_GATES}
    assert found.parameters == circuit.parameters
    assert_same_up_to_phase(found, circuit)


def named_like_a_rotation() -> Gate:
    """A gate of the user that is called rx and is none."""
    inside = QuantumCircuit(1)
    inside.ry(X[0], 0)
    inside.rz(X[1] * X[0], 0)
    gate = Gate("rx", 1, [X[0], X[1]])
    gate.definition = inside
    return gate


class MatrixOnly(Gate):
    def __init__(self) -> None:
        super().__init__("matrix", 1, [])

    def __array__(self, dtype: type | None = None, copy: bool | None = None) -> np.ndarray:
        return np.array([[0.6, 0.8j], [0.8j, 0.6]], dtype=dtype)


def nested(gate: Gate) -> Gate:
    outer = QuantumCircuit(3, name="outer")
    outer.append(gate, [2, 0])
    return outer.to_gate()


APPENDED: dict[str, Callable[[QuantumCircuit], object]] = {
    "nested composites": lambda c: c.append(nested(zz_feature_map(2).to_gate()), [1, 2, 0]),
    "a name of a rotation": lambda c: c.append(named_like_a_rotation(), [1]),
    "a Clifford as an operation": lambda c: c.append(random_clifford(3, seed=1), [2, 0, 1]),
    "a Clifford as a gate": lambda c: c.append(random_clifford(2, seed=1).to_instruction(), [2, 1]),
    "two control qubits": lambda c: c.append(
        RXGate(X[0] + 1).control(2, ctrl_state=1, annotated=False), [0, 1, 2]
    ),
    "a controlled rxx": lambda c: c.append(RXXGate(X[0]).control(1, annotated=True), [0, 1, 2]),
    "a power": lambda c: c.append(
        AnnotatedOperation(RXXGate(X[0]), [PowerModifier(2), InverseModifier()]), [0, 2]
    ),
    "an evolution": lambda c: c.append(
        PauliEvolutionGate(SparsePauliOp(["XYZ", "ZZI"], [0.3, 0.5]), time=X[0]), [0, 1, 2]
    ),
    "a permutation": lambda c: c.append(PermutationGate([2, 0, 1]), [0, 1, 2]),
    "a Fourier transform": lambda c: c.append(QFTGate(3), [0, 1, 2]),
    "a state": lambda c: c.append(StatePreparation([0.6, 0.8]), [1]),
    "a matrix": lambda c: c.append(UnitaryGate(random_unitary(8, seed=1)), [1, 2, 0]),
    "only a matrix": lambda c: c.append(MatrixOnly(), [1]),
    "a phase": lambda c: c.append(GlobalPhaseGate(X[0]), []),
    "a delay": lambda c: c.delay(10, 0),
    "a barrier": lambda c: c.barrier(),
}


@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")  # of the reference
@pytest.mark.parametrize("append", APPENDED.values(), ids=APPENDED)
def test_whatever_has_a_definition_is_inlined(append: Callable[[QuantumCircuit], object]) -> None:
    circuit = QuantumCircuit(3)
    circuit.rx(X[3], 1)
    append(circuit)
    circuit.cx(0, 1)
    found = expand_gates(circuit)
    assert all(map(is_primitive, found.data))
    assert_same_up_to_phase(found, circuit)


@pytest.mark.parametrize(("name", "angle"), [("rzx", np.pi), ("ryy", np.pi / 2), ("rxx", 0.3)])
def test_gates_that_come_through_openqasm_are_what_they_were(name: str, angle: float) -> None:
    circuit = QuantumCircuit(2)
    circuit.append(STANDARD_GATES[name].base_class(angle), [1, 0])
    read = qasm3.loads(qasm3.dumps(circuit))
    assert_same_up_to_phase(expand_gates(read), circuit)


def test_a_circuit_with_nothing_to_do_is_returned_itself() -> None:
    circuit = build_pqc(PQCSpec(3, 1, 1)).circuit
    assert expand_gates(circuit) is circuit


def test_a_parameter_of_the_global_phase_is_gone() -> None:
    circuit = QuantumCircuit(1, global_phase=Parameter("phase"))
    circuit.rx(X[0], 0)
    assert list(expand_gates(circuit).parameters) == [X[0]]


def test_parts_know_the_gate_they_come_from() -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.crx(X[0], 0, 1)
    pieces = list(take_apart(circuit, is_primitive))
    assert [piece.position for piece in pieces] == [0, 1, 1, 1, 1, 1, 1]
    assert pieces[-1].where == "gate 1 (crx on qubits [0, 1])"


def test_what_is_left_whole_can_be_chosen() -> None:
    circuit = QuantumCircuit(2)
    circuit.crx(X[0], 0, 1)
    circuit.iswap(0, 1)
    found = expand_gates(circuit, lambda instruction: instruction.name in {"crx", "cx", "s", "h"})
    assert set(found.count_ops()) == {"crx", "cx", "s", "h"}


BASIS = ("rx", "ry", "rz", "cx", "u", "p", "h", "s", "sdg", "t", "tdg", "swap", "iswap", "cp")


@pytest.mark.parametrize("known", [True, False])
def test_definitions_change_nothing_but_the_phase(known: bool) -> None:
    circuit = QuantumCircuit(3)
    circuit.append(real_amplitudes(3, reps=1), range(3))
    circuit.barrier()
    circuit.append(PermutationGate([2, 0, 1]), range(3))
    inner = QuantumCircuit(2)
    inner.iswap(0, 1)
    circuit.append(Clifford(inner), [2, 0])
    circuit.append(inner.to_gate().control(1), [1, 2, 0])
    keep = (lambda each: each.is_standard_gate()) if known else (lambda each: each.name in BASIS)
    expanded = expand_gates(circuit, keep)
    assert expanded.parameters == circuit.parameters
    assert all(map(keep, expanded.data))
    point = np.linspace(0.1, 2.0, circuit.num_parameters)
    one, other = (Operator(each.assign_parameters(point)) for each in (circuit, expanded))
    assert one.equiv(other)
