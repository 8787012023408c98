import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import Pauli, SparsePauliOp
from qiskit_machine_learning.gradients import ParamShiftEstimatorGradient

from qkdrp.backends.qnn.adjoint_gradient import AdjointEstimatorGradient
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import UnsupportedGateError
from tests.backends.tester import SpyEstimator

A, B = Parameter("a"), Parameter("b")
OBSERVABLES = [SparsePauliOp(["ZZ", "XI"], [0.7, -0.4]), SparsePauliOp("IZ")]


def tangled() -> QuantumCircuit:
    """Parameters that are scaled, shifted, added and used twice."""
    circuit = QuantumCircuit(2)
    circuit.ry(2 * A + 0.3, 0)
    circuit.rxx(B - A, 0, 1)
    circuit.h(1)
    circuit.rz(-B, 1)
    circuit.rx(A, 0)
    return circuit


@pytest.fixture
def spy() -> SpyEstimator:
    return SpyEstimator()


def test_it_equals_the_parameter_shift_rule(spy: SpyEstimator, rng: np.random.Generator) -> None:
    for circuit in (tangled(), build_pqc(PQCSpec(2, 1, 1)).circuit):
        for observable in OBSERVABLES:
            arguments = [circuit], [observable], [rng.uniform(-3, 3, circuit.num_parameters)]
            ours = AdjointEstimatorGradient(spy).run(*arguments).result()
            stock = ParamShiftEstimatorGradient(SpyEstimator()).run(*arguments).result()
            np.testing.assert_allclose(ours.gradients, stock.gradients, rtol=0, atol=1e-10)


def test_a_mixed_batch_keeps_its_order(spy: SpyEstimator, rng: np.random.Generator) -> None:
    circuits = [tangled(), tangled().compose(tangled())]
    batch = [0, 1, 0, 0, 1]
    arguments = (
        [circuits[index] for index in batch],
        [OBSERVABLES[index] for index in (0, 1, 1, 0, 1)],
        rng.uniform(-3, 3, (5, 2)),
    )
    ours = AdjointEstimatorGradient(spy).run(*arguments).result()
    stock = ParamShiftEstimatorGradient(SpyEstimator()).run(*arguments).result()
    np.testing.assert_allclose(ours.gradients, stock.gradients, rtol=0, atol=1e-10)


def test_it_returns_the_wanted_parameters_in_the_wanted_order(
    spy: SpyEstimator, rng: np.random.Generator
) -> None:
    circuit, point = tangled(), rng.uniform(-3, 3, 2)
    gradient = AdjointEstimatorGradient(spy)
    full = gradient.run([circuit], OBSERVABLES[:1], [point]).result().gradients[0]
    for wanted, expected in [([B], full[1:]), ([B, A], full[::-1]), (None, full)]:
        result = gradient.run([circuit], OBSERVABLES[:1], [point], parameters=[wanted]).result()
        np.testing.assert_array_equal(result.gradients[0], expected)


def test_it_never_asks_the_estimator(spy: SpyEstimator) -> None:
    AdjointEstimatorGradient(spy).run([tangled()], OBSERVABLES[:1], [[0.1, 0.2]]).result()
    assert spy.calls == []


def test_an_unsupported_gate_is_an_error(spy: SpyEstimator) -> None:
    circuit = tangled()
    circuit.reset(0)
    job = AdjointEstimatorGradient(spy).run([circuit], OBSERVABLES[:1], [[0.1, 0.2]])
    with pytest.raises(UnsupportedGateError, match="gate 5 \\(reset on qubits \\[0\\]\\)"):
        job.result()


def test_plain_paulis_and_circuits_of_different_sizes_are_served() -> None:
    one, two = QuantumCircuit(1), QuantumCircuit(1)
    one.rx(A, 0)
    two.rx(A, 0)
    two.ry(B, 0)
    gradient = AdjointEstimatorGradient(StatevectorEstimator())
    found = gradient.run([one, two], [Pauli("Z"), Pauli("Z")], [[0.3], [0.3, 0.0]]).result()
    np.testing.assert_allclose(found.gradients[0], [-np.sin(0.3)], atol=1e-12)
    np.testing.assert_allclose(found.gradients[1], [-np.sin(0.3), 0.0], atol=1e-12)
