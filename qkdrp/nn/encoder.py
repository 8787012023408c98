"""The encoder: a fully connected network from inputs to the embedding."""

from collections.abc import Sequence

from torch import nn

HIDDEN_SIZES = (512, 128)
"""Widths of the hidden layers in Ito et al. 2025."""


def encoder(n_inputs: int, n_features: int, hidden: Sequence[int] = HIDDEN_SIZES) -> nn.Sequential:
    """Return Linear, BatchNorm, SiLU for each hidden width, then a bare Linear.

    Nothing follows the last layer: the embedding phi takes both signs.

    Args:
        n_inputs: Number of inputs; inputs have shape (batch, n_inputs).
        n_features: Size of the embedding; outputs have shape (batch, n_features).
        hidden: Widths of the hidden layers.
    """
    layers: list[nn.Module] = []
    width = n_inputs
    for next_width in hidden:
        layers += [nn.Linear(width, next_width), nn.BatchNorm1d(next_width), nn.SiLU()]
        width = next_width
    return nn.Sequential(*layers, nn.Linear(width, n_features))
