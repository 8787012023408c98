"""Digests: circuits that do something else differ, the same one is the same everywhere."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit, QuantumRegister, qpy
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.annotated_operation import AnnotatedOperation, ControlModifier
from qiskit.circuit.library import (
    PauliEvolutionGate,
    RXGate,
    RYGate,
    StatePreparation,
    UnitaryGate,
    XGate,
)
from qiskit.quantum_info import Clifford, SparsePauliOp, random_unitary

from qkdrp.circuits import PQC, PQCSpec, build_pqc, digest
from qkdrp.circuits.digest import legacy_digest, pqc_digest
from qkdrp.circuits.reduce.circuit import reduce_pqc
from qkdrp.common.errors import CircuitError

KNOWN = "8f806febf8e6b5403a99bbe42a8897977d570cacb9f64047bdd36d73c39d639c"
"""Of (3,1,1), on any machine; whoever changes it makes ledgers pay twice: see ``legacy_digest``."""

KNOWN_TO_0_1_0 = "8cd907b6fd3bc814300c8cef4132ec5b6204d3ff0cfe51e3df15bcffedce95f7"
"""Of the same circuit, in ledgers of version 0.1.0."""

X = Parameter("x")


def own(circuit: QuantumCircuit) -> PQC:
    letters = "Z" + "I" * (circuit.num_qubits - 1)
    return PQC(circuit, tuple(circuit.parameters), (), (SparsePauliOp(letters),))


def holding(*operations: object) -> PQC:
    circuit = QuantumCircuit(5)
    for operation in operations:
        circuit.append(operation, range(operation.num_qubits))
    return own(circuit)


def block(*gates: Gate, phase: float = 0.0, name: str = "block") -> Gate:
    circuit = QuantumCircuit(1, global_phase=phase, name=name)
    for gate in gates:
        circuit.append(gate, [0])
    return circuit.to_gate()


def test_the_three_circuits_that_shared_a_digest_do_not() -> None:
    """Composite gates of one name and parameters, and matrices that numpy abbreviates."""
    blocks = [holding(block(gate)) for gate in (RXGate(X), RYGate(X), RXGate(2 * X))]
    matrices = [holding(UnitaryGate(random_unitary(32, seed=seed))) for seed in range(2)]
    middle = random_unitary(32, seed=0).data
    middle[15:17] = middle[[16, 15]]  # where numpy prints an ellipsis
    matrices.append(holding(UnitaryGate(middle)))
    for three in (blocks, matrices):
        assert len({pqc_digest(each) for each in three}) == 3


def test_the_digest_of_0_1_0_did_not_tell_them_apart() -> None:
    """What it is kept for: it still finds entries, and has to be checked."""
    pair = [holding(block(gate)) for gate in (RXGate(X), RYGate(X))]
    assert len({legacy_digest(each.circuit, each.observables) for each in pair}) == 1
    pqc = build_pqc(PQCSpec(3, 1, 1))
    assert legacy_digest(pqc.circuit, pqc.observables) == KNOWN_TO_0_1_0


PAIRS: dict[str, tuple[Callable[[], PQC], Callable[[], PQC]]] = {
    "an own gate of a standard name": (
        lambda: holding(RXGate(X)),
        lambda: holding(block(RYGate(X), name="rx")),
    ),
    "state of the control": (
        lambda: holding(block(RXGate(X)).control(1, ctrl_state=0)),
        lambda: holding(block(RXGate(X)).control(1, ctrl_state=1)),
    ),
    "state of a standard control": (
        lambda: holding(XGate().control(2, ctrl_state=1)),
        lambda: holding(XGate().control(2, ctrl_state=2)),
    ),
    "what is controlled": (
        lambda: holding(block(RXGate(X)).control(2)),
        lambda: holding(block(RYGate(X)).control(2)),
    ),
    "phase of a controlled gate": (
        lambda: holding(block(RXGate(X)).control(1)),
        lambda: holding(block(RXGate(X), phase=0.5).control(1)),
    ),
    "control that was not carried out": (
        lambda: holding(AnnotatedOperation(RXGate(X), [ControlModifier(1, 0)])),
        lambda: holding(AnnotatedOperation(RXGate(X), [ControlModifier(1, 1)])),
    ),
    "operator of an evolution": (
        lambda: holding(PauliEvolutionGate(SparsePauliOp(["XX"]), X)),
        lambda: holding(PauliEvolutionGate(SparsePauliOp(["ZZ"]), X)),
    ),
    "a Clifford": (
        lambda: holding(Clifford(XGate())),
        lambda: holding(Clifford(QuantumCircuit(1))),
    ),
    "a state": (
        lambda: holding(StatePreparation([0.6, 0.8])),
        lambda: holding(StatePreparation([0.8, 0.6])),
    ),
    "last bit of an angle": (
        lambda: holding(RXGate(0.3)),
        lambda: holding(RXGate(np.nextafter(0.3, 1))),
    ),
    "an expression": (
        lambda: holding(RXGate(0.3 * X)),
        lambda: holding(RXGate(np.nextafter(0.3, 1) * X)),
    ),
    "a name that reads like an expression": (
        lambda: holding(RXGate(2 * X)),
        lambda: holding(RXGate(Parameter("2*x"))),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_circuits_that_do_something_else_differ(name: str) -> None:
    one, other = PAIRS[name]
    assert pqc_digest(one()) != pqc_digest(other())
    assert pqc_digest(one()) == pqc_digest(one())


def test_order_of_parameters_and_observables_are_in_it() -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    others = [
        PQC(pqc.circuit, pqc.inputs[::-1], pqc.weights, pqc.observables),
        PQC(pqc.circuit, pqc.inputs, pqc.weights, pqc.observables[::-1]),
        PQC(pqc.circuit, (), (*pqc.inputs, *pqc.weights), pqc.observables),
        reduce_pqc(pqc),
        reduce_pqc(pqc, keep_tail=True),
    ]
    assert len({pqc_digest(each) for each in (pqc, *others)}) == 1 + len(others)


def test_what_changes_nothing_is_not_in_it() -> None:
    plain = holding(block(RXGate(X)), UnitaryGate(np.eye(2)))
    renamed = holding(block(RXGate(X), name="other"), UnitaryGate(np.eye(2), label="mine"))
    renamed.circuit.global_phase = 1.0
    renamed.circuit.name = "another"
    assert pqc_digest(plain) == pqc_digest(renamed)
    wires = QuantumCircuit(QuantumRegister(2, "a"), QuantumRegister(3, "b"))
    wires.append(RXGate(X), [0])
    assert pqc_digest(own(wires)) == pqc_digest(holding(RXGate(X)))
    assert pqc_digest(holding(RXGate(0))) == pqc_digest(holding(RXGate(-0.0)))


def test_it_is_the_same_after_saving(tmp_path: Path) -> None:
    circuit = holding(block(RXGate(0.5 * X + 0.1)), UnitaryGate(random_unitary(4, seed=1))).circuit
    with (tmp_path / "circuit.qpy").open("w+b") as file:
        qpy.dump(circuit, file)
        file.seek(0)
        (loaded,) = qpy.load(file)
    assert pqc_digest(own(loaded)) == pqc_digest(own(circuit))


def test_it_is_the_same_in_every_process() -> None:
    """Qiskit counts the names of circuits, and hashes of text differ between processes."""
    code = (
        "from tests.circuits.test_digest import *\n"
        "for _ in range(3): QuantumCircuit(1)\n"
        "circuit = QuantumCircuit(1); circuit.rx(X, 0)\n"
        "print(pqc_digest(holding(circuit.to_gate())), pqc_digest(build_pqc(PQCSpec(3, 1, 1))))"
    )
    circuit = QuantumCircuit(1)
    circuit.rx(X, 0)
    expected = pqc_digest(holding(circuit.to_gate()))
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [expected, KNOWN]


def test_what_cannot_be_told_apart_is_refused() -> None:
    circuit = QuantumCircuit(1, 1)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(0)
    with pytest.raises(CircuitError, match=r"if_else on qubits \[0\]\) is no gate"):
        pqc_digest(own(circuit))
    with pytest.raises(CircuitError, match=r"odd on qubits \[0\]\) is no gate"):
        holding(Gate("odd", 1, []))
    with pytest.raises(CircuitError, match="a parameter of type object"):
        digest._value(object())
