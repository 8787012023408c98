"""Networks as models: sizes of Team PNU, cascade, cores, layers and turns of their circuits."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from qkdrp.systems.pkpd.networks.circuit_linear import CircuitLinear
from qkdrp.systems.pkpd.networks.regressor import Regressor
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.system import PkpdSystem
from qkdrp.training.rows import Rows

SYSTEM = PkpdSystem()


def size(module: nn.Module) -> int:
    return sum(weights.numel() for weights in module.parameters())


def config_of(model: str = "resqnn_moe", **settings: Any) -> PkpdConfig:
    return PkpdConfig.make(model={"model": model, **settings})


Made = tuple[Regressor, Preprocessor, Rows]
Make = Callable[..., Made]


@pytest.fixture(scope="module")
def make(estdata: Trial) -> Make:
    """Build a network, with its preprocessor and a placebo subject and one of each dose."""

    def made(model: str = "resqnn_moe", **settings: Any) -> Made:
        config = config_of(model, **settings)
        fitted = SYSTEM.fit_preprocessor(estdata, config)
        with get_backend("statevector") as backend:
            network = SYSTEM.build(config, fitted, backend, 0)
        assert isinstance(network, Regressor)
        return network.eval(), fitted, SYSTEM.rows(fitted, estdata.select(["1", "13", "25", "37"]))

    return made


SIZES = {
    "mlp": (5568, 5632),
    "resmlp_moe": (205_888, 205_952),
    "qnn": (2750, 2754),
    "resqnn_moe": (153_620, 153_684),
}
"""Parameters of the encoders, with 21 inputs and, in a cascade, 22."""


@pytest.mark.parametrize("model", SIZES)
def test_sizes_are_those_of_team_pnu(model: str, make: Make) -> None:
    network, _, _ = make(model, pkpd_mode="cascade")
    found = tuple(size(network.encoders[name]) for name in (CONCENTRATION, BIOMARKER))
    assert found == SIZES[model]
    assert {size(each) for each in network.heads.values()} == {2113}


def test_sizes_of_a_layer(make: Make) -> None:
    network, _, _ = make()
    layers = [each for each in network.modules() if isinstance(each, CircuitLinear)]
    assert [size(each) for each in layers[:2]] == [4725, 2229]
    assert len(layers) == 8
    assert sum(size(each) for each in network.modules() if isinstance(each, QuantumLayer)) == 8 * 24
    assert {each.alpha.item() for each in layers} == {0.5}


def test_a_layer_is_that_of_the_published_code(make: Make) -> None:
    """Outputs and gradients, put together from its parts in double precision."""
    network, _, _ = make()
    layer = next(each for each in network.modules() if isinstance(each, CircuitLinear)).double()
    inputs = torch.randn(5, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    x = layer.project(inputs)
    path = layer.path[2](nn.functional.gelu(layer.path[0](x)))
    expected = layer.expand(layer.core(x) + 0.5 * path)
    assert torch.allclose(layer(inputs), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "n_layers"), [(2, 1), (4, 2)])
def test_gradients_of_a_layer_are_those_of_differences(n: int, n_layers: int, make: Make) -> None:
    network, _, _ = make("qnn", n_qubits=n, n_layers=n_layers)
    layer = next(each for each in network.modules() if isinstance(each, CircuitLinear)).double()
    inputs = torch.randn(2, 21, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    assert torch.autograd.gradcheck(layer, (inputs.requires_grad_(),), atol=1e-6)
