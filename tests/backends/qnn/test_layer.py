from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_machine_learning import QiskitMachineLearningError
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.backends.exact import engine, narrow
from qkdrp.backends.qnn.adjoint_gradient import AdjointEstimatorGradient
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import CircuitError
from tests.backends.tester import exact_values, random_point, stock_qnn

Gradients = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@pytest.fixture(params=["aer_exact", "statevector"])
def qnn(request: pytest.FixtureRequest, pqc: PQC) -> EstimatorQNN:
    return get_backend(request.param).qnn(pqc)


@pytest.fixture(params=["multi", "single"])
def pqc(request: pytest.FixtureRequest) -> PQC:
    return build_pqc(PQCSpec(2, 2, 1, request.param))


def tensor(array: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.tensor(array, dtype=dtype, requires_grad=True)


def run(layer: TorchConnector, inputs: np.ndarray) -> Gradients:
    """Values, input gradients and weight gradients of a loss that tells outputs apart."""
    angles = tensor(inputs)
    values = layer(angles)
    layer.weight.grad = None
    (values * torch.arange(1.0, 1.0 + values.shape[-1])).sum().backward()
    return values.detach(), angles.grad, layer.weight.grad


def assert_same(found: Gradients, expected: Gradients) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_gradcheck(qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    layer = QuantumLayer(qnn, weights).double()
    angles = tensor(inputs, torch.float64)
    assert torch.autograd.gradcheck(lambda angles, _: layer(angles), (angles, layer.weight))


def test_a_layer_in_float64_is_exact(qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    layer = QuantumLayer(qnn).double()
    layer.load_state_dict({"weight": torch.tensor(weights)})
    values = layer(tensor(inputs, torch.float64)).detach().numpy()
    np.testing.assert_allclose(values, exact_values(pqc, inputs, weights), rtol=0, atol=1e-10)


def test_stock_connector_over_our_qnn(
    qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    expected = run(TorchConnector(qnn, initial_weights=weights), inputs)
    assert_same(run(QuantumLayer(qnn, weights), inputs), expected)


def test_stock_qnn_and_connector_with_our_gradient(pqc: PQC, rng: np.random.Generator) -> None:
    stock = stock_qnn(pqc, gradient=AdjointEstimatorGradient)
    inputs, weights = random_point(pqc, 3, rng)
    layer = TorchConnector(stock, initial_weights=weights)
    expected = run(TorchConnector(stock_qnn(pqc), initial_weights=weights), inputs)
    assert_same(run(layer, inputs), expected)

    optimizer = torch.optim.SGD(layer.parameters(), lr=0.2)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = ((layer(tensor(inputs)) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)


def test_a_qnn_without_vjp_gives_upstream_s_numbers(pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 2, rng)
    stock = stock_qnn(pqc)
    assert not hasattr(stock, "vjp")
    expected = run(TorchConnector(stock, initial_weights=weights), inputs)
    assert_same(run(QuantumLayer(stock, weights), inputs), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtypes_are_kept(qnn: EstimatorQNN, pqc: PQC, dtype: torch.dtype) -> None:
    layer = QuantumLayer(qnn).to(dtype)
    angles = tensor(np.zeros((2, pqc.n_inputs)), dtype)
    values = layer(angles)
    values.sum().backward()
    assert values.dtype == angles.grad.dtype == layer.weight.grad.dtype == dtype


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (0, 3), (2, 1, 2)])
def test_leading_dimensions_are_kept(
    shape: tuple[int, ...], pqc: PQC, rng: np.random.Generator
) -> None:
    layer = QuantumLayer(get_backend("statevector").qnn(pqc))
    inputs, _ = random_point(pqc, int(np.prod(shape)), rng)
    angles = tensor(inputs.reshape(*shape, pqc.n_inputs))
    values = layer(angles)
    values.sum().backward()
    assert values.shape == (*shape, pqc.n_outputs)
    assert angles.grad.shape == angles.shape
    torch.testing.assert_close(values.reshape(-1, pqc.n_outputs), layer(tensor(inputs)))


def test_leading_dimensions_change_no_gradient(
    qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights = random_point(pqc, 6, rng)
    layer = QuantumLayer(qnn, weights)
    values, by_inputs, by_weights = run(layer, inputs)
    found = run(layer, inputs.reshape(2, 3, -1))
    expected = values.reshape(2, 3, -1), by_inputs.reshape(2, 3, -1), by_weights
    assert_same(found, expected)


@pytest.mark.parametrize("shape", [(3,), (2, 5), (2, 4, 1), (0,)])
def test_a_wrong_last_dimension_is_named(shape: tuple[int, ...], qnn: EstimatorQNN) -> None:
    with pytest.raises(CircuitError) as caught:
        QuantumLayer(qnn)(torch.zeros(shape))
    assert str(shape) in str(caught.value)
    assert "(..., 4)" in str(caught.value)


def test_a_frozen_weight_gets_no_gradient(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn)
    layer.weight.requires_grad_(False)
    angles = tensor(np.ones((2, 4)))
    layer(angles).sum().backward()
    assert layer.weight.grad is None
    assert angles.grad is not None


def test_inputs_that_need_no_gradient_get_none(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn)
    angles = torch.ones(2, 4)
    layer(angles).sum().backward()
    assert angles.grad is None
    assert layer.weight.grad is not None


def test_nothing_to_train_means_no_graph(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn).requires_grad_(False)
    assert not layer(torch.ones(2, 4)).requires_grad


@pytest.mark.parametrize("wanted", ["angles", "weights", "both"])
def test_gradients_that_are_asked_for_are_the_same_alone(
    wanted: str, qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    layer = QuantumLayer(qnn, weights)
    _, by_inputs, by_weights = run(layer, inputs)
    layer.weight.requires_grad_(wanted != "angles")
    angles = tensor(inputs).requires_grad_(wanted != "weights")
    layer.weight.grad = None
    values = layer(angles)
    (values * torch.arange(1.0, 1.0 + values.shape[-1])).sum().backward()
    for found, expected, needed in (
        (angles.grad, by_inputs, angles.requires_grad),
        (layer.weight.grad, by_weights, layer.weight.requires_grad),
    ):
        assert (found is not None) == needed
        if needed:
            torch.testing.assert_close(found, expected, rtol=0, atol=0)


def kept_by(layer: QuantumLayer, angles: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> int:
    """Numbers of final states that a forward pass keeps for a backward pass."""
    sweeps = []

    class Spy(narrow.NarrowSweep):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            sweeps.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "NarrowSweep", Spy)
        layer(angles)
    assert len(sweeps) == 1
    return sweeps[0].states.size


def test_without_gradients_nothing_is_kept(
    pqc: PQC, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    layer = QuantumLayer(get_backend("statevector").qnn(pqc), weights)
    assert kept_by(layer, tensor(inputs), monkeypatch) > 0
    with torch.no_grad():
        assert kept_by(layer, tensor(inputs), monkeypatch) == 0


def test_values_are_the_same_without_gradients(
    qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    layer = QuantumLayer(qnn, weights)
    expected = layer(tensor(inputs))
    for context in (torch.no_grad(), torch.inference_mode()):
        with context:
            values = layer(tensor(inputs))
        assert not values.requires_grad
        assert values.grad_fn is None
        torch.testing.assert_close(values, expected.detach(), rtol=0, atol=0)


def test_a_graph_that_is_retained_serves_twice(
    qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    layer = QuantumLayer(qnn, weights)
    angles = tensor(inputs)
    values = layer(angles)
    first, second, third = (
        torch.autograd.grad((values * scale).sum(), (angles, layer.weight), retain_graph=True)
        for scale in (1.0, -2.0, 1.0)
    )
    for once, twice, again in zip(first, second, third, strict=True):
        assert once.abs().max() > 0.1
        torch.testing.assert_close(twice, -2 * once, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(again, once, rtol=0, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("changed", ["angles", "weight"])
def test_changes_in_place_before_the_backward_pass_are_refused(
    changed: str, dtype: torch.dtype, qnn: EstimatorQNN
) -> None:
    layer = QuantumLayer(qnn).to(dtype)
    angles = tensor(np.ones((2, 4)), dtype)
    loss = layer(angles).sum()
    with torch.no_grad():
        {"angles": angles, "weight": layer.weight}[changed].add_(0.5)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_graph_is_freed_by_its_backward_pass(qnn: EstimatorQNN) -> None:
    loss = QuantumLayer(qnn)(tensor(np.ones((2, 4)))).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        loss.backward()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_angles_keep_their_type(
    dtype: torch.dtype, qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator
) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    layer = QuantumLayer(qnn, weights)
    angles = tensor(inputs, dtype)
    values = layer(angles)
    values.sum().backward()
    assert values.dtype == angles.grad.dtype == dtype
    assert layer.weight.grad.dtype == torch.float32
    expected = exact_values(pqc, angles.detach().double().numpy(), weights)
    np.testing.assert_allclose(values.detach().double(), expected, atol=0.01)


def test_the_layer_trains_under_autocast(qnn: EstimatorQNN) -> None:
    encoder, layer = torch.nn.Linear(3, 4), QuantumLayer(qnn)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        values = layer(encoder(torch.ones(2, 3)))
    values.sum().backward()
    assert values.dtype == torch.bfloat16
    for parameter in (*encoder.parameters(), layer.weight):
        assert parameter.grad.dtype == torch.float32
        assert parameter.grad.abs().max() > 0


def test_complex_angles_are_refused(qnn: EstimatorQNN) -> None:
    with pytest.raises(CircuitError, match="complex64"):
        QuantumLayer(qnn)(torch.ones(2, 4, dtype=torch.complex64))


def test_a_circuit_without_inputs_has_the_type_of_its_weight(rng: np.random.Generator) -> None:
    theta = ParameterVector("theta", 2)
    circuit = QuantumCircuit(1)
    circuit.ry(theta[0], 0)
    circuit.rx(theta[1], 0)
    pqc = PQC.from_circuit(circuit, [], theta, [SparsePauliOp("Z")])
    layer = QuantumLayer(get_backend("statevector").qnn(pqc)).double()
    values = layer()
    values.sum().backward()
    first, second = layer.weight.detach()
    expected = [-first.sin() * second.cos(), -first.cos() * second.sin()]
    assert values.shape == (1,)
    assert values.dtype == torch.float64
    torch.testing.assert_close(layer.weight.grad, torch.stack(expected))


def test_errors_belong_to_both_families(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn)
    for call in (
        lambda: layer(torch.zeros(3)),
        lambda: QuantumLayer(qnn, np.zeros(1)),
        lambda: qnn.forward(None, np.zeros(6)),
        lambda: qnn.backward(np.zeros((1, 4)), None),
    ):
        with pytest.raises(CircuitError) as caught:
            call()
        assert isinstance(caught.value, QiskitMachineLearningError)
        assert str(caught.value).startswith("Found ")


def test_there_is_one_parameter(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn)
    assert list(layer.state_dict()) == ["weight"]
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer.weight.shape == (6,)
    assert layer._weights is layer.weight


def test_a_copy_stands_on_its_own(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn)
    copy = deepcopy(layer)
    assert copy._weights is copy.weight
    assert copy.weight is not layer.weight
    with torch.no_grad():
        copy.weight.zero_()
    assert layer.weight.abs().sum() > 0
    assert not torch.equal(copy(torch.ones(1, 4)), layer(torch.ones(1, 4)))


def test_loading_changes_the_values(qnn: EstimatorQNN) -> None:
    first, second = QuantumLayer(qnn), QuantumLayer(qnn)
    assert not torch.equal(first(torch.ones(1, 4)), second(torch.ones(1, 4)))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(torch.ones(1, 4)), second(torch.ones(1, 4)))


def test_loading_by_assignment_changes_the_values(qnn: EstimatorQNN) -> None:
    first, second = QuantumLayer(qnn), QuantumLayer(qnn)
    second.load_state_dict(first.state_dict(), assign=True)
    assert torch.equal(first(torch.ones(1, 4)), second(torch.ones(1, 4)))


def test_functional_calls_use_the_weights_that_they_are_given(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn)
    values = torch.func.functional_call(layer, {"weight": torch.zeros(6)}, (torch.zeros(1, 4),))
    torch.testing.assert_close(values, torch.ones_like(values))


def test_whole_angles_do_not_truncate_the_values(qnn: EstimatorQNN) -> None:
    layer = QuantumLayer(qnn)
    expected = layer(torch.ones(1, 4)).detach()
    values = layer(torch.ones(1, 4, dtype=torch.int64)).detach()
    torch.testing.assert_close(values.float(), expected)


def test_initial_weights_are_angles_from_the_global_generator(
    rng: np.random.Generator,
) -> None:
    qnn = get_backend("statevector").qnn(build_pqc(PQCSpec(4, 4, 4)))
    seed = int(rng.integers(2**31))
    torch.manual_seed(seed)
    first, second = QuantumLayer(qnn).weight, QuantumLayer(qnn).weight
    torch.manual_seed(seed)
    assert torch.equal(first, QuantumLayer(qnn).weight)
    assert not torch.equal(first, second)
    assert 0 <= first.min() < 0.5
    assert 2 * np.pi - 0.5 < first.max() < 2 * np.pi


def test_initial_weights_may_be_given(qnn: EstimatorQNN, rng: np.random.Generator) -> None:
    weights = rng.uniform(0, 6, 6).astype(np.float32)
    for given in (weights, torch.tensor(weights)):
        np.testing.assert_array_equal(QuantumLayer(qnn, given).weight.detach(), weights)


def test_initial_weights_of_a_wrong_length_are_refused(qnn: EstimatorQNN) -> None:
    with pytest.raises(CircuitError, match=r"weights of shape \(1,\), expected \(6,\)"):
        QuantumLayer(qnn, initial_weights=np.zeros(1))
