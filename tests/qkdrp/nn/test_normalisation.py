import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from qkdrp.nn.hybrid import HybridModel
from qkdrp.nn.moderated_tanh import ModeratedTanh
from qkdrp.nn.normalisation import NORMALISATIONS, NormalisationSettings
from qkdrp.nn.trace import trace_of

SETTINGS = NormalisationSettings(n_features=8, a=20.0, r=math.pi / 2)
PHI = torch.linspace(-30, 30, 41)[:, None].repeat(1, 8) + torch.arange(8)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("identity", PHI),
        ("tanh", math.pi / 2 * torch.tanh(PHI)),
        ("moderated", math.pi / 2 * torch.tanh(PHI / 20)),
        (
            "layernorm",
            (PHI - PHI.mean(1, keepdim=True))
            / torch.sqrt(PHI.var(1, correction=0, keepdim=True) + 1e-5),
        ),
    ],
)
def test_formulas(name: str, expected: torch.Tensor) -> None:
    layer = NORMALISATIONS[name].make(SETTINGS)
    torch.testing.assert_close(layer(PHI), expected)


def test_moderated_contains_tanh() -> None:
    moderated = NORMALISATIONS["moderated"].make(replace(SETTINGS, a=1.0))
    torch.testing.assert_close(moderated(PHI), NORMALISATIONS["tanh"].make(SETTINGS)(PHI))


@given(st.floats(0.1, 100), st.floats(0.1, 30))
def test_the_slope_at_zero(a: float, r: float) -> None:
    phi = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    ModeratedTanh(a, r)(phi).sum().backward()
    assert phi.grad is not None
    assert phi.grad.item() == pytest.approx(r / a)


@given(st.floats(0.1, 100), st.floats(0.1, 30), st.floats(-8, 8))
def test_the_output_stays_inside(a: float, r: float, moderate: float) -> None:
    # Beyond eight times a, single precision rounds tanh to one.
    angle = ModeratedTanh(a, r)(torch.tensor([moderate * a])).item()
    assert abs(angle) < r


def test_layernorm_is_as_wide_as_the_embedding() -> None:
    layer = NORMALISATIONS["layernorm"].make(replace(SETTINGS, n_features=12))
    assert isinstance(layer, nn.LayerNorm)
    assert layer.normalized_shape == (12,)
    assert sum(weights.numel() for weights in layer.parameters()) == 24


def test_fixed_a_and_r_are_not_trained() -> None:
    assert list(ModeratedTanh(20.0, 1.5).parameters()) == []


@given(st.floats(0.01, 100), st.floats(0.01, 30))
def test_learnable_a_and_r_start_where_they_should(a: float, r: float) -> None:
    layer = ModeratedTanh(a, r, learnable=True)
    assert layer.a == pytest.approx(a, rel=1e-5)
    assert layer.r == pytest.approx(r, rel=1e-5)
    phi = torch.linspace(-10, 10, 9)
    torch.testing.assert_close(layer(phi), ModeratedTanh(a, r)(phi), rtol=1e-4, atol=1e-4)


def test_learnable_a_and_r_move_and_stay_positive() -> None:
    torch.manual_seed(0)
    layer = ModeratedTanh(0.5, 0.5, learnable=True)
    optimiser = torch.optim.SGD(layer.parameters(), lr=1.0)
    for target in (-3.0, 5.0) * 20:
        optimiser.zero_grad()
        (layer(torch.tensor([0.7])) - target).square().sum().backward()
        gradients = [weights.grad for weights in layer.parameters()]
        assert len(gradients) == 2
        assert all(gradient is not None and gradient.isfinite() for gradient in gradients)
        optimiser.step()
        assert layer.a > 0
        assert layer.r > 0
    assert not np.isclose(layer.a, 0.5)
    assert not np.isclose(layer.r, 0.5)


def test_a_model_tells_a_and_r_if_it_has_them() -> None:
    parts = [nn.Identity() for _ in range(3)]
    model = HybridModel(parts[0], ModeratedTanh(20.0, 1.5), *parts[1:])
    assert trace_of(model) == {"a": 20.0, "r": 1.5}
    assert trace_of(HybridModel(parts[0], nn.Identity(), *parts[1:])) == {}
    assert trace_of(nn.Identity()) == {}
