from typing import cast

import numpy as np
import pytest
import torch

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.systems.pairs.build import build_model
from qkdrp.systems.pairs.config import ModelConfig
from qkdrp.systems.pairs.length_scale import (
    angles_of,
    length_scale_of,
    measure,
    n_points,
)

SMALL = {"n_qubits": 3, "n_encoding": 2, "n_variational": 1, "bridge": "linear"}


class Sum(torch.nn.Module):
    def forward(self, angles: torch.Tensor) -> torch.Tensor:
        return angles.sum(dim=1, keepdim=True)


def test_a_linear_layer_is_known() -> None:
    """Outputs x and x + m y of independent normal x and y correlate as 1 / sqrt(1 + m^2)."""
    points = np.random.default_rng(3).standard_normal((20_000, 4))
    found = measure(cast("QuantumLayer", Sum()), points)
    np.testing.assert_allclose(found.correlations, 1 / np.sqrt(1 + found.moves**2), atol=0.02)
    assert found.value == pytest.approx(3**0.5, rel=0.05)
    correlation, interval = found.at(1.0)
    assert interval is not None
    assert interval[0] < correlation < interval[1]


def test_a_smaller_circuit_has_a_longer_one(backend: Backend) -> None:
    config = ModelConfig.make(**SMALL)
    model = build_model(config, 118, backend, seed=1)
    found = length_scale_of(config, model)
    assert found is not None
    assert found > 0.3
    assert n_points(ModelConfig.make(**{**SMALL, "n_qubits": 16})) < n_points(config)


def test_a_layer_that_never_varies_has_none() -> None:
    class Constant(torch.nn.Module):
        def forward(self, angles: torch.Tensor) -> torch.Tensor:
            return torch.ones(len(angles), 1, dtype=torch.float64)

    found = measure(cast("QuantumLayer", Constant()), np.zeros((10, 3)))
    assert found.value is None
    assert np.isnan(found.correlations).all()


def test_angles_are_what_the_core_takes(backend: Backend) -> None:
    config = ModelConfig.make(**SMALL, normalisation="moderated", a=1.0)
    model = build_model(config, 118, backend, seed=1)
    lines, atoms = torch.zeros(1, 118), torch.zeros(1, 78)
    place, bonds = torch.zeros(2, dtype=torch.int64), torch.zeros(2, 0, dtype=torch.int64)
    angles = angles_of(model, (lines, place, atoms, bonds, place[:1], place))
    assert angles.shape == (2, 6)
    assert (np.abs(angles) < np.pi / 2).all()
