import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PermutationGate, real_amplitudes
from qiskit.quantum_info import Clifford, Operator

from qkdrp.circuits import unroll


def test_a_circuit_of_known_gates_is_itself() -> None:
    circuit = QuantumCircuit(2)
    circuit.crx(Parameter("x"), 0, 1)
    circuit.barrier()
    circuit.delay(5, 0)
    circuit.unitary(np.eye(2), [0])
    assert unroll(circuit) is circuit


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
    unrolled = unroll(circuit, keep)
    assert unrolled.parameters == circuit.parameters
    assert all(map(keep, unrolled.data))
    point = np.linspace(0.1, 2.0, circuit.num_parameters)
    one, other = (Operator(each.assign_parameters(point)) for each in (circuit, unrolled))
    assert one.equiv(other)


BASIS = ("rx", "ry", "rz", "cx", "u", "p", "h", "s", "sdg", "t", "tdg", "swap", "iswap", "cp")
