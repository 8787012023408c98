import pytest
import torch
from torch import nn

from qkdrp.nn.encoder import encoder


@pytest.mark.parametrize(("n_genes", "n_features"), [(7, 8), (100, 16), (33, 32)])
def test_the_number_of_parameters(n_genes: int, n_features: int) -> None:
    n_parameters = sum(weights.numel() for weights in encoder(n_genes, n_features).parameters())
    assert n_parameters == 512 * n_genes + 67_456 + 129 * n_features


def test_the_layers() -> None:
    layers = list(encoder(7, 8))
    kinds = [nn.Linear, nn.BatchNorm1d, nn.SiLU] * 2 + [nn.Linear]
    assert [type(layer) for layer in layers] == kinds
    shapes = [tuple(layer.weight.shape) for layer in layers if isinstance(layer, nn.Linear)]
    assert shapes == [(512, 7), (128, 512), (8, 128)]


def test_the_embedding_takes_both_signs() -> None:
    torch.manual_seed(0)
    phi = encoder(7, 8)(torch.randn(50, 7))
    assert phi.shape == (50, 8)
    # A trailing SiLU could not go below -0.279.
    assert phi.min() < -0.3 or (phi < 0).any()
    assert (phi > 0).any()


def test_hidden_widths_can_be_chosen() -> None:
    shapes = [tuple(layer.weight.shape) for layer in encoder(5, 2, hidden=(3,))[::3]]
    assert shapes == [(3, 5), (2, 3)]
