"""Traps of the installed libraries that this package works around.

Each test asserts that a trap is still there: when one fails, upstream has mended it, and the
work-around can go.
"""

import numpy as np
import pytest
import torch
from qiskit_aer.primitives import EstimatorV2
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.circuits import PQC, PQCSpec, build_pqc
from tests.backends.tester import SpyEstimator, exact_values, random_point, stock_qnn


@pytest.fixture
def pqc() -> PQC:
    return build_pqc(PQCSpec(2, 1, 1))


def default_qnn(
    pqc: PQC, estimator: SpyEstimator | EstimatorV2, *, input_gradients: bool = False
) -> EstimatorQNN:
    """A QNN with every default of qiskit-machine-learning."""
    return EstimatorQNN(
        circuit=pqc.circuit,
        estimator=estimator,
        observables=pqc.observables,
        input_params=pqc.inputs,
        weight_params=pqc.weights,
        input_gradients=input_gradients,
    )


def test_trap_stock_qnn_asks_for_a_precision_of_one_64th(
    pqc: PQC, rng: np.random.Generator
) -> None:
    """The forward pass overrides whatever precision the estimator was configured with."""
    spy = SpyEstimator()
    default_qnn(pqc, spy).forward(*random_point(pqc, 3, rng))
    assert [precision for _, precision in spy.calls] == [1 / 64]


def test_trap_an_exact_aer_is_noisy_under_a_stock_qnn(pqc: PQC, rng: np.random.Generator) -> None:
    """Aer meets a precision by adding normal noise, so exact simulation is not exact."""
    qnn = default_qnn(pqc, EstimatorV2(options={"default_precision": 0.0}))
    inputs, weights = random_point(pqc, 50, rng)
    error = qnn.forward(inputs, weights) - exact_values(pqc, inputs, weights)
    assert 0.5 / 64 < error.std() < 2 / 64


def test_trap_stock_forward_sends_one_pub_per_observable(
    pqc: PQC, rng: np.random.Generator
) -> None:
    """Each PUB is a simulation of its own, though all observables could share one."""
    spy = SpyEstimator()
    default_qnn(pqc, spy).forward(*random_point(pqc, 3, rng))
    assert [pubs for pubs, _ in spy.calls] == [len(pqc.observables)]


def test_trap_stock_backward_sends_a_pub_per_shift_sample_and_observable(
    pqc: PQC, rng: np.random.Generator
) -> None:
    """The parameter-shift gradient broadcasts nothing: 2 * parameters * batch * observables."""
    spy = SpyEstimator()
    default_qnn(pqc, spy, input_gradients=True).backward(*random_point(pqc, 3, rng))
    assert spy.calls == [(2 * 6 * 3 * 2, None)]


def test_trap_stock_connector_saves_its_weight_twice(pqc: PQC) -> None:
    """The same tensor is registered under a public and a private name."""
    connector = TorchConnector(stock_qnn(pqc))
    assert sorted(connector.state_dict()) == ["_weights", "weight"]
    assert connector._weights is connector.weight


def test_trap_stock_connector_answers_float64_in_float32(
    pqc: PQC, rng: np.random.Generator
) -> None:
    """Values pass through single precision whatever comes in."""
    inputs, weights = random_point(pqc, 3, rng)
    values = TorchConnector(stock_qnn(pqc), initial_weights=weights)(torch.tensor(inputs))
    assert values.dtype == torch.float32


def test_trap_stock_connector_computes_gradients_of_frozen_weights(
    pqc: PQC, rng: np.random.Generator
) -> None:
    """Freezing the weights saves none of the shifted circuits."""
    spy = SpyEstimator()
    connector = TorchConnector(stock_qnn(pqc, spy)).requires_grad_(False)
    inputs, _ = random_point(pqc, 3, rng)
    values = connector(torch.tensor(inputs, requires_grad=True))
    spy.calls.clear()
    values.sum().backward()
    assert connector.weight.grad is None
    assert [pubs for pubs, _ in spy.calls] == [2 * 6 * 3 * 2]


def test_trap_stock_qnn_hands_no_gradient_to_its_inputs(pqc: PQC) -> None:
    """Input gradients are off by default: an encoder in front silently learns nothing."""
    angles = torch.zeros(1, 2, requires_grad=True)
    TorchConnector(default_qnn(pqc, SpyEstimator()))(angles).sum().backward()
    assert angles.grad is None
