"""Second derivatives of the layer, and ``torch.func`` over it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from torch.autograd import forward_ad
from torch.autograd.functional import hessian, jacobian
from torch.func import functional_call, grad, jacfwd, jacrev, vmap

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.backends.tester import random_point, stock_qnn

# What torch itself compiles when a derivative is first taken forward.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")

STEP = 1e-4
"""Of central differences: off by some step^2."""


@pytest.fixture(params=["statevector", "aer_exact"])
def layer(request: pytest.FixtureRequest, rng: np.random.Generator) -> QuantumLayer:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    return QuantumLayer(get_backend(request.param).qnn(pqc), random_point(pqc, 1, rng)[1]).double()


@pytest.fixture
def angles(rng: np.random.Generator) -> torch.Tensor:
    return torch.tensor(rng.uniform(-3, 3, (3, 2)))


def tangled() -> PQC:
    """Parameters that are scaled, shifted, added and used twice, and observables of many terms."""
    x, w = ParameterVector("x", 2), ParameterVector("w", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(2 * x[0] + 0.3, 0)
    circuit.rxx(w[0] - x[1], 0, 1)
    circuit.h(1)
    circuit.rz(-w[0], 1)
    circuit.cx(0, 1)
    circuit.rx(x[0] + 3 * w[1], 0)
    observables = [SparsePauliOp(["ZZ", "XI"], [0.7, -0.4]), SparsePauliOp(["IZ"])]
    return PQC.from_circuit(circuit, x, w, observables)


def call(layer: QuantumLayer, weight: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    return functional_call(layer, {"weight": weight}, (angles,))


def loss_of(layer: QuantumLayer, weight: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """A scalar that is not linear in the values."""
    values = call(layer, weight, angles)
    return (values**2 * torch.arange(1.0, 1.0 + values.shape[-1])).sum()


def differences(slope: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor) -> torch.Tensor:
    """The derivative of a slope by central differences, shape (*slope.shape, *at.shape)."""
    columns = []
    for one in torch.eye(at.numel(), dtype=at.dtype):
        step = STEP * one.reshape(at.shape)
        columns.append((slope(at + step) - slope(at - step)) / (2 * STEP))
    return torch.stack(columns, dim=-1).reshape(*columns[0].shape, *at.shape)


def test_gradgradcheck(layer: QuantumLayer, angles: torch.Tensor) -> None:
    inputs = angles[:2].requires_grad_(), layer.weight
    assert torch.autograd.gradgradcheck(lambda angles, _: layer(angles), inputs)


@pytest.mark.parametrize("name", ["statevector", "aer_exact"])
def test_parameters_that_drive_several_rotations(name: str, rng: np.random.Generator) -> None:
    layer = QuantumLayer(get_backend(name).qnn(tangled())).double()
    angles = torch.tensor(rng.uniform(-3, 3, (2, 2)), requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda angles, _: layer(angles), (angles, layer.weight))


def test_the_hessian_is_the_derivative_of_the_gradient(
    layer: QuantumLayer, angles: torch.Tensor
) -> None:
    weight = layer.weight.detach()
    (by_weight, mixed), (_, by_angles) = hessian(partial(loss_of, layer), (weight, angles))
    slope = partial(jacobian, lambda weight: loss_of(layer, weight, angles))
    torch.testing.assert_close(by_weight, differences(slope, weight), rtol=0, atol=1e-6)
    slope = partial(jacobian, lambda angles: loss_of(layer, weight, angles))
    torch.testing.assert_close(by_angles, differences(slope, angles), rtol=0, atol=1e-6)
    slope = lambda angles: jacobian(lambda weight: loss_of(layer, weight, angles), weight)  # noqa: E731
    torch.testing.assert_close(mixed, differences(slope, angles), rtol=0, atol=1e-6)


def test_a_linear_loss_is_no_exception(layer: QuantumLayer, angles: torch.Tensor) -> None:
    """Its cotangents need no gradient, so ``once_differentiable`` would not notice."""
    angles.requires_grad_()
    (slope,) = torch.autograd.grad(layer(angles).sum(), angles, create_graph=True)
    (found,) = torch.autograd.grad(slope.sum(), angles)
    expected = hessian(lambda angles: layer(angles).sum(), angles.detach()).sum(dim=(0, 1))
    assert found.abs().max() > 0.1
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_a_gradient_penalty_trains(layer: QuantumLayer, angles: torch.Tensor) -> None:
    layer.float()
    angles = angles.float().requires_grad_()
    (slope,) = torch.autograd.grad(layer(angles).sum(), angles, create_graph=True)
    (slope**2).sum().backward()
    assert layer.weight.grad.dtype == torch.float32
    assert layer.weight.grad.abs().max() > 0.01


def test_changes_in_place_before_the_second_backward_pass_are_refused(
    layer: QuantumLayer, angles: torch.Tensor
) -> None:
    angles.requires_grad_()
    (slope,) = torch.autograd.grad(layer(angles).sum(), angles, create_graph=True)
    with torch.no_grad():
        layer.weight.add_(0.5)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        slope.sum().backward()


def test_wide_circuits_have_second_derivatives(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(13, 1, 1, "single"))
    layer = QuantumLayer(get_backend("statevector").qnn(pqc)).double()
    inputs, _ = random_point(pqc, 1, rng)
    angles, along = torch.tensor(inputs, requires_grad=True), torch.zeros(1, 13)
    along[0, 2] = 1.0
    loss = lambda angles: (layer(angles) ** 2).sum()  # noqa: E731
    (slope,) = torch.autograd.grad(loss(angles), angles, create_graph=True)
    (found,) = torch.autograd.grad(slope, angles, along.double())
    step = STEP * along
    forth, back = (jacobian(loss, angles.detach() + moved) for moved in (step, -step))
    torch.testing.assert_close(found, (forth - back) / (2 * STEP), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "transform", [torch.func.hessian, lambda f: jacrev(jacrev(f)), lambda f: jacrev(jacfwd(f))]
)
def test_hessians_of_torch_func(
    transform: Callable[..., Any], layer: QuantumLayer, angles: torch.Tensor
) -> None:
    weight = layer.weight.detach()
    loss = partial(loss_of, layer, weight)
    torch.testing.assert_close(transform(loss)(angles), hessian(loss, angles))


def test_gradients_of_torch_func(layer: QuantumLayer, angles: torch.Tensor) -> None:
    weight = layer.weight.detach()
    expected = jacobian(partial(loss_of, layer), (weight, angles))
    found = grad(partial(loss_of, layer), argnums=(0, 1))(weight, angles)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("transform", [jacrev, jacfwd])
def test_jacobians_of_torch_func(
    transform: Callable[..., Any], layer: QuantumLayer, angles: torch.Tensor
) -> None:
    weight = layer.weight.detach()
    expected = jacobian(partial(call, layer), (weight, angles))
    found = transform(partial(call, layer), argnums=(0, 1))(weight, angles)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("in_dims", [(None, 0), (0, None), (0, 0), (1, -1)])
def test_vmap_over_anything(
    in_dims: tuple[int | None, int | None], layer: QuantumLayer, rng: np.random.Generator
) -> None:
    weights, angles = rng.uniform(0, 6, (5, 4)), rng.uniform(-3, 3, (5, 3, 2))
    each = [
        torch.tensor(array[0] if dim is None else array)
        for array, dim in zip((weights, angles), in_dims, strict=True)
    ]
    moved = [
        tensor if dim is None else tensor.movedim(0, dim)
        for tensor, dim in zip(each, in_dims, strict=True)
    ]
    for function in (
        partial(call, layer),
        grad(partial(loss_of, layer)),
        grad(partial(loss_of, layer), argnums=1),
    ):
        found = vmap(function, in_dims=in_dims)(*moved)
        expected = torch.stack(
            [
                function(
                    *(t if dim is None else t[k] for t, dim in zip(each, in_dims, strict=True))
                )
                for k in range(5)
            ]
        )
        torch.testing.assert_close(found, expected)


def test_vmap_inside_a_plain_backward_pass(layer: QuantumLayer, angles: torch.Tensor) -> None:
    angles.requires_grad_()
    found = torch.autograd.grad((vmap(layer)(angles) ** 2).sum(), (angles, layer.weight))
    expected = torch.autograd.grad((layer(angles) ** 2).sum(), (angles, layer.weight))
    torch.testing.assert_close(found, expected)


def test_cotangents_may_be_mapped(layer: QuantumLayer, angles: torch.Tensor) -> None:
    values = layer(angles.requires_grad_())
    cotangents = torch.eye(6, dtype=torch.float64).reshape(6, 3, 2)
    pull = lambda cotangent: torch.autograd.grad(  # noqa: E731
        values, layer.weight, cotangent, retain_graph=True
    )[0]
    torch.testing.assert_close(vmap(pull)(cotangents), torch.stack([*map(pull, cotangents)]))


def test_tangents_of_dual_numbers_are_not_lost(layer: QuantumLayer, angles: torch.Tensor) -> None:
    layer.requires_grad_(False)
    along = torch.ones_like(angles)
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(layer(forward_ad.make_dual(angles, along))).tangent
    torch.testing.assert_close(tangent, torch.func.jvp(layer, (angles,), (along,))[1])
    assert tangent.abs().max() > 0.01


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: jacrev(torch.func.hessian(f)),
        lambda f: jacfwd(torch.func.hessian(f)),
        lambda f: jacrev(jacrev(jacrev(f))),
        lambda f: jacfwd(jacfwd(f)),
    ],
)
def test_what_is_beyond_is_refused(
    transform: Callable[..., Any], layer: QuantumLayer, angles: torch.Tensor
) -> None:
    with pytest.raises(BackendError, match="derivative of a circuit"):
        transform(partial(loss_of, layer, layer.weight.detach()))(angles)


def test_batched_cotangents_of_old_say_what_to_use(
    layer: QuantumLayer, angles: torch.Tensor
) -> None:
    with pytest.raises(BackendError, match=r"torch\.func\.jacrev"):
        jacobian(layer, angles, vectorize=True)


class TestOthers:
    """QNNs that are not exact, or not ours."""

    @pytest.fixture(params=["noisy", "twirled", "stock"])
    def layer(self, request: pytest.FixtureRequest) -> QuantumLayer:
        pqc = build_pqc(PQCSpec(2, 1, 1))
        if request.param == "stock":
            return QuantumLayer(stock_qnn(pqc)).double()
        options = {"noise": "depolarizing:p1=0.01,p2=0.05", "train_noise": request.param != "noisy"}
        return QuantumLayer(get_backend("aer_noisy", **options).qnn(pqc)).double()

    def test_second_derivatives_are_an_error(
        self, layer: QuantumLayer, angles: torch.Tensor
    ) -> None:
        for loss in (layer(angles.requires_grad_()).sum(), (layer(angles) ** 2).sum()):
            (slope,) = torch.autograd.grad(loss, angles, create_graph=True)
            with pytest.raises(BackendError, match="aer_exact or statevector"):
                slope.sum().backward()

    def test_first_derivatives_of_torch_func(
        self, layer: QuantumLayer, angles: torch.Tensor
    ) -> None:
        assert jacrev(layer)(angles).shape == (3, 2, 3, 2)
        assert grad(lambda angles: layer(angles).sum())(angles).abs().max() > 0.01
        assert vmap(layer)(angles).shape == (3, 2)

    def test_gradients_per_sample_are_an_error(
        self, layer: QuantumLayer, angles: torch.Tensor
    ) -> None:
        with pytest.raises(BackendError, match="aer_exact or statevector"):
            vmap(grad(partial(loss_of, layer)), in_dims=(None, 0))(layer.weight.detach(), angles)
