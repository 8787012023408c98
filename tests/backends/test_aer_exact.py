import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import BaseEstimatorV2, StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

from qkdrp.backends import get_backend
from qkdrp.circuits import PQCSpec, build_pqc
from tests.backends.tester import random_point


def test_aer_does_the_work() -> None:
    estimator = get_backend("aer_exact").estimator
    assert isinstance(estimator, BaseEstimatorV2)
    assert isinstance(estimator.simulator, AerSimulator)
    assert estimator.simulator.options.method == "statevector"


def test_aer_takes_the_threads_of_torch() -> None:
    options = get_backend("aer_exact").estimator.simulator.options
    assert options.max_parallel_threads == torch.get_num_threads()
    assert options.max_parallel_experiments == torch.get_num_threads()


@pytest.mark.parametrize("seed", range(4))
def test_parameters_bound_by_aer_are_bound_right(seed: int) -> None:
    """Expressions, repeated parameters and constant angles; #2207 of qiskit-aer was about them."""
    rng = np.random.default_rng(seed)
    a, b = Parameter("b"), Parameter("a")  # name order is not index order
    circuit = QuantumCircuit(3)
    circuit.h(range(3))
    circuit.rx(2 * a + 0.3, 0)
    circuit.cx(0, 1)
    circuit.rz(a - b / 3, 1)
    circuit.ry(0.7, 2)
    circuit.rzz(b, 1, 2)
    circuit.ry(np.pi + a, 2)
    observables = [SparsePauliOp("XYZ"), SparsePauliOp(["ZII", "IZX"], [0.5, -2.0])]
    points = rng.uniform(-3, 3, (5, 2))
    pub = (circuit, [[observable] for observable in observables], points)
    found, expected = (
        estimator.run([pub], precision=0.0).result()[0].data.evs
        for estimator in (get_backend("aer_exact").estimator, StatevectorEstimator())
    )
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_a_circuit_without_parameters_needs_no_binding() -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(0.4, 0)
    estimator = get_backend("aer_exact").estimator
    evs = estimator.run([(circuit, SparsePauliOp("IZ"))]).result()[0].data.evs
    np.testing.assert_allclose(evs, np.cos(0.4), rtol=0, atol=1e-14)


def test_values_are_not_sampled(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(3, 2, 1))
    qnn = get_backend("aer_exact").qnn(pqc)
    inputs, weights = random_point(pqc, 4, rng)
    np.testing.assert_array_equal(qnn.forward(inputs, weights), qnn.forward(inputs, weights))


def test_the_estimator_is_exact_by_default(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(3, 2, 1))
    point = rng.uniform(-3, 3, pqc.circuit.num_parameters)
    results = [
        get_backend(name).estimator.run([(pqc.circuit, list(pqc.observables), point)]).result()[0]
        for name in ("aer_exact", "statevector")
    ]
    np.testing.assert_allclose(results[0].data.evs, results[1].data.evs, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(results[0].data.stds, np.zeros(3))


def test_the_depth_infused_layer_agrees_with_the_engine(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(8, 32, 5, "single"))
    inputs, weights = random_point(pqc, 2, rng)
    values = [
        get_backend(name).qnn(pqc).forward(inputs, weights) for name in ("aer_exact", "statevector")
    ]
    assert values[0].shape == (2, 1)
    np.testing.assert_allclose(values[0], values[1], rtol=0, atol=1e-10)
