from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from qiskit_aer.primitives import EstimatorV2
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends import get_backend
from qkdrp.backends.qnn.networks import AdjointQNN
from qkdrp.circuits import ENTANGLERS, MEASUREMENTS, PQC, PQCSpec, build_pqc
from tests.backends.tester import (
    SpyEstimator,
    check_dtypes,
    check_gradients,
    check_shapes,
    check_values,
    random_point,
    stock_qnn,
)

Check = Callable[[EstimatorQNN, PQC, np.random.Generator], None]

EXACT = ["aer_exact", "statevector"]

SPECS = [
    PQCSpec(3, 1, 1, measurement, entangler, absorbed)
    for measurement, entangler, absorbed in product(MEASUREMENTS, ENTANGLERS, [False, True])
]


@pytest.mark.parametrize("check", [check_values, check_gradients])
@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("name", EXACT)
def test_every_circuit(name: str, spec: PQCSpec, check: Check, rng: np.random.Generator) -> None:
    pqc = build_pqc(spec)
    with get_backend(name) as backend:
        check(backend.qnn(pqc), pqc, rng)


@pytest.mark.parametrize("check", [check_shapes, check_dtypes])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("name", EXACT)
def test_every_readout(name: str, measurement: str, check: Check, rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 2, 1, measurement))
    with get_backend(name) as backend:
        check(backend.qnn(pqc), pqc, rng)


@pytest.mark.parametrize("name", EXACT)
def test_a_larger_circuit(name: str, rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(4, 3, 2))
    check_values(get_backend(name).qnn(pqc), pqc, rng)


@pytest.mark.parametrize("name", EXACT)
def test_it_is_an_estimator_qnn(name: str) -> None:
    pqc = build_pqc(PQCSpec(2, 2, 1))
    backend = get_backend(name)
    qnn = backend.qnn(pqc)
    assert isinstance(qnn, EstimatorQNN)
    assert qnn.estimator is backend.estimator
    assert (qnn.num_inputs, qnn.num_weights, qnn.output_shape) == (4, 6, (2,))
    assert qnn.input_gradients
    assert qnn.default_precision == 0.0


@pytest.mark.parametrize("name", EXACT)
def test_one_sample_may_come_without_a_batch(name: str, rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    qnn, (inputs, weights) = get_backend(name).qnn(pqc), random_point(pqc, 1, rng)
    np.testing.assert_array_equal(qnn.forward(inputs[0], weights), qnn.forward(inputs, weights))


def test_the_stock_qnn_over_aer_gives_the_same_numbers(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 2, 1))
    stock = stock_qnn(pqc, EstimatorV2(options={"default_precision": 0.0}))
    inputs, weights = random_point(pqc, 2, rng)
    for name in EXACT:
        qnn = get_backend(name).qnn(pqc)
        np.testing.assert_allclose(
            qnn.forward(inputs, weights), stock.forward(inputs, weights), rtol=0, atol=1e-8
        )
        for ours, theirs in zip(
            qnn.backward(inputs, weights), stock.backward(inputs, weights), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)


def test_a_batch_is_one_pub_at_precision_0(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(3, 1, 1))
    spy = SpyEstimator()
    qnn = AdjointQNN(pqc, spy)
    inputs, weights = random_point(pqc, 5, rng)
    qnn.forward(inputs, weights)
    qnn.backward(inputs, weights)
    qnn.vjp(inputs, weights, np.ones((5, 3)))
    assert spy.calls == [(1, 0.0)]


@pytest.mark.parametrize("name", EXACT)
def test_an_empty_batch_has_no_values(name: str) -> None:
    qnn = get_backend(name).qnn(build_pqc(PQCSpec(3, 1, 1)))
    assert qnn.forward(np.zeros((0, 3)), np.zeros(6)).shape == (0, 3)
