import numpy as np
import torch
from qiskit.primitives import BaseEstimatorV2
from qiskit_aer.primitives import EstimatorV2

from qkdrp.backends import get_backend
from qkdrp.backends.usage import MeteredEstimator
from qkdrp.circuits import PQCSpec, build_pqc
from tests.backends.tester import random_point


def test_aer_does_the_work() -> None:
    estimator = get_backend("aer_exact").estimator
    assert isinstance(estimator, BaseEstimatorV2)
    assert isinstance(estimator, MeteredEstimator)
    assert isinstance(estimator.estimator, EstimatorV2)
    assert estimator.estimator._backend.options.method == "statevector"


def test_aer_takes_the_threads_of_torch() -> None:
    options = get_backend("aer_exact").estimator.estimator._backend.options
    assert options.max_parallel_threads == torch.get_num_threads()


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
