"""Encoders and their layers: sizes of Team PNU, values and gradients of a circuit gate by gate."""

import numpy as np
import pytest
import torch
from torch import nn

from qkdrp.backends import QuantumLayer
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION
from qkdrp.systems.pkpd.networks.circuit_linear import CircuitLinear
from qkdrp.systems.pkpd.networks.cores import DenseRing, NoValues
from qkdrp.systems.pkpd.networks.dropout import drop
from qkdrp.systems.pkpd.networks.mixture import DenseExperts, Mixture, Routes
from qkdrp.systems.pkpd.networks.regressor import Regressor
from tests.qkdrp.systems.pkpd.networks.conftest import Make
from tests.qkdrp.systems.pkpd.networks.reference_circuit import ReferenceCircuit

SIZES = {
    "mlp": (5568, 5632),
    "resmlp_moe": (205_888, 205_952),
    "qnn": (2750, 2754),
    "resqnn_moe": (153_620, 153_684),
}
"""Parameters of the encoders, with 21 inputs and, in a cascade, 22."""


def size(module: nn.Module) -> int:
    return sum(weights.numel() for weights in module.parameters())


def layers_of(network: Regressor) -> list[CircuitLinear]:
    return [each for each in network.modules() if isinstance(each, CircuitLinear)]


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("model", SIZES)
def test_sizes_are_those_of_team_pnu(model: str, make: Make) -> None:
    network, _ = make(model, pkpd_mode="cascade")
    found = tuple(size(network.encoders[name]) for name in (CONCENTRATION, BIOMARKER))
    assert found == SIZES[model]
    assert {size(each) for each in network.heads.values()} == {2113}


def test_sizes_of_a_layer(make: Make) -> None:
    layers = layers_of(make()[0])
    assert [size(each) for each in layers] == [4725, 2229] * 4
    assert [size(each.core) for each in layers] == [24] * 8
    assert {each.alpha.item() for each in layers} == {0.5}
    weights = torch.cat([each.core.weight.detach() for each in layers])
    assert 0 < weights.min() < 0.3
    assert 6 < weights.max() < 2 * np.pi


@pytest.mark.parametrize(("n", "n_layers"), [(2, 1), (4, 2), (5, 3)])
def test_values_and_gradients_are_those_of_the_gates(n: int, n_layers: int, make: Make) -> None:
    """Outputs of the layer, and gradients by its inputs and all its weights."""
    layer = layers_of(make("qnn", n_qubits=n, n_layers=n_layers)[0])[1].double()
    assert isinstance(layer.core, QuantumLayer)
    inputs, cotangents = normal(3, 64).requires_grad_(), normal(3, 64)

    def computed() -> list[torch.Tensor]:
        outputs = layer(inputs)
        wanted = [inputs, *layer.parameters()]
        return [outputs.detach(), *torch.autograd.grad((outputs * cotangents).sum(), wanted)]

    names = [name for name, _ in layer.named_parameters()]
    found = computed()
    layer.core = ReferenceCircuit(n, n_layers, layer.core.weight)
    expected = computed()
    assert [name for name, _ in layer.named_parameters()] == names
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("n", "n_layers"), [(2, 2), (4, 2), (8, 3)])
def test_values_and_gradients_are_those_of_pennylane(n: int, n_layers: int, make: Make) -> None:
    qml = pytest.importorskip("pennylane", reason="the extra bench is not installed")

    @qml.qnode(qml.device("default.qubit", wires=n), diff_method="backprop")
    def circuit(x: torch.Tensor, w: torch.Tensor) -> list:
        for layer in range(n_layers):
            qml.AngleEmbedding(x, wires=range(n), rotation="Y")
            qml.AngleEmbedding(x, wires=range(n), rotation="X")
            qml.StronglyEntanglingLayers(w[layer : layer + 1], wires=range(n), ranges=[1])
        letters = (qml.PauliX, qml.PauliY, qml.PauliZ)
        ones = [qml.expval(letter(q)) for letter in letters for q in range(n)]
        return ones + [qml.expval(qml.PauliZ(q) @ qml.PauliZ((q + 1) % n)) for q in range(n)]

    core = layers_of(make("qnn", n_qubits=n, n_layers=n_layers)[0])[0].core.double()
    x, cotangents = normal(3, n).requires_grad_(), normal(3, 4 * n)
    published = torch.stack(circuit(x, core.weight.view(n_layers, n, 3)), dim=-1)
    np.testing.assert_allclose(core(x).detach(), published.detach(), rtol=0, atol=1e-12)
    found, expected = (
        torch.autograd.grad((values * cotangents).sum(), [x, core.weight])
        for values in (core(x), published)
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_a_layer_has_a_classical_path_beside_the_circuit(make: Make) -> None:
    layer = layers_of(make()[0])[0].double()
    inputs = normal(3, 64)
    x = layer.project(inputs)
    path = layer.path[2](nn.functional.gelu(layer.path[0](x)))
    expected = layer.expand(layer.core(x) + 0.5 * path)
    np.testing.assert_allclose(layer(inputs).detach(), expected.detach(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "n_layers"), [(2, 1), (4, 2), (8, 3)])
def test_a_dense_core_has_the_sizes_of_the_circuit(n: int, n_layers: int) -> None:
    core = DenseRing(n, n_layers)
    assert size(core) == 3 * n * n_layers
    values = core(normal(5, n).float())
    assert values.shape == (5, 4 * n)
    for k in range(4):  # value k of a qubit reads the input of the k-th neighbour alone
        x = normal(1, n).float().requires_grad_()
        (gradient,) = torch.autograd.grad(core(x)[0, k * n], x)
        assert gradient[0].nonzero().flatten().tolist() == [k % n]


def test_what_stands_in_the_place_of_circuits(make: Make) -> None:
    of = {core: make(core=core)[0] for core in ("frozen", "dense", "lowrank", "none")}
    assert not any(each.core.weight.requires_grad for each in layers_of(of["frozen"]))
    assert size(of["frozen"]) == size(of["dense"]) == size(of["lowrank"]) + 8 * 24
    assert {type(each.core) for each in layers_of(of["lowrank"])} == {NoValues}
    assert not NoValues(16)(normal(2, 4)).any()
    assert not layers_of(of["none"])
    assert size(of["none"]) == size(make("resmlp_moe")[0])


def test_circuits_in_experts(make: Make) -> None:
    network, _ = make(qexperts=True)
    assert len(layers_of(network)) == 2 * 2 * 4 * 2
    assert size(network.encoders[CONCENTRATION][3]) == size(
        make("resmlp_moe")[0].encoders[CONCENTRATION][3]
    )


def test_normalisation_comes_before_the_circuit_only(make: Make) -> None:
    moderated = {"normalisation": "moderated", "a": 2.0, "r": 1.0}
    layer = layers_of(make("qnn", **moderated)[0])[0].double()
    inputs = normal(3, 21)
    x = layer.project(inputs)
    expected = layer.expand(layer.core(torch.tanh(x / 2.0)) + 0.5 * layer.path(x))
    np.testing.assert_allclose(layer(inputs).detach(), expected.detach(), rtol=0, atol=1e-12)
    learned, _ = make("qnn", **moderated, learn_a_r=True)
    assert learned.trace() == pytest.approx({"a": 2.0, "r": 1.0})


def test_a_mixture_is_the_weighted_sum_of_its_best_two() -> None:
    mixture = Mixture(64, DenseExperts(64, 0.3)).double().eval()
    inputs = normal(7, 64)
    shares = mixture.shares(inputs)
    best = shares.topk(2).values.min(dim=1, keepdim=True).values
    weights = torch.where(shares >= best, shares, 0.0)
    weights = weights / weights.sum(dim=1, keepdim=True)
    experts = mixture.experts
    rows = inputs.expand(4, 7, 64)
    hidden = nn.functional.gelu(torch.baddbmm(experts.up_bias.unsqueeze(1), rows, experts.up))
    outputs = torch.baddbmm(experts.down_bias.unsqueeze(1), hidden, experts.down)
    expected = torch.einsum("ne,enh->nh", weights, outputs)
    np.testing.assert_allclose(mixture(inputs).detach(), expected.detach(), rtol=0, atol=1e-12)
    assert sum(Routes.best(shares).counts) == 14


def test_balance_adds_its_term_to_the_gradient() -> None:
    plain, balanced = (Mixture(64, DenseExperts(64, 0.0), each).double() for each in (0.0, 0.5))
    balanced.load_state_dict(plain.state_dict())
    inputs, found = normal(9, 64), []
    for mixture in (plain, balanced):
        torch.manual_seed(3)
        loss = mixture(inputs).square().mean()
        found.append(torch.autograd.grad(loss, mixture.router.weight)[0])
    torch.manual_seed(3)
    mean = plain.shares(inputs).mean(dim=0)
    (term,) = torch.autograd.grad((mean * mean.log()).sum(), plain.router.weight)
    np.testing.assert_allclose(found[1] - found[0], 0.5 * term, rtol=0, atol=1e-8)


def test_dropout_keeps_the_mean() -> None:
    torch.manual_seed(0)
    dropped = drop(torch.ones(200, 500), 0.3)
    assert (dropped == 0).float().mean() == pytest.approx(0.3, abs=0.01)
    assert dropped.mean() == pytest.approx(1.0, abs=0.01)
    assert (drop(torch.ones(3), 0.0) == 1).all()
