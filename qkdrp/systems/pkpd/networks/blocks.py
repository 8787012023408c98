"""Blocks of residual encoders."""

from typing import Protocol

import torch
from torch import nn

from qkdrp.systems.pkpd.networks.dropout import Dropout

HIDDEN, DEPTH = 64, 2
"""Width, and number of hidden layers or blocks, of Team PNU."""

WIDER = 4
"""Hidden units of a residual block for each of its inputs."""


class MakeLinear(Protocol):
    """Makes a layer from (n_rows, n_inputs) to (n_rows, n_outputs)."""

    def __call__(self, name: str, stage: int, n_inputs: int, n_outputs: int) -> nn.Module:
        """Return the layer.

        Args:
            name: Where it is, such as ``block1.up``.
            stage: Its turn among the layers of the encoder, from 0.
            n_inputs: Size of inputs.
            n_outputs: Size of outputs.
        """


def plain_linear(name: str, stage: int, n_inputs: int, n_outputs: int) -> nn.Linear:  # noqa: ARG001
    """Return torch's linear layer; a :class:`MakeLinear`."""
    return nn.Linear(n_inputs, n_outputs)


class ResidualMlp(nn.Module):
    """``x + MLP(norm(x))``, then ``x + norm(x)``.

    Args:
        linear: Makes both layers.
        number: Of the block, from 1.
        dropout: Probability of dropout.
    """

    def __init__(self, linear: MakeLinear, number: int, dropout: float) -> None:
        super().__init__()
        name, stage = f"block{number}", 2 * (number - 1)
        self.first_norm, self.second_norm = nn.LayerNorm(HIDDEN), nn.LayerNorm(HIDDEN)
        self.mlp = nn.Sequential(
            linear(f"{name}.up", stage, HIDDEN, WIDER * HIDDEN),
            nn.GELU(),
            Dropout(dropout),
            linear(f"{name}.down", stage + 1, WIDER * HIDDEN, HIDDEN),
            Dropout(dropout),
        )
        self.drop = Dropout(dropout)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return outputs, same shape as inputs, (n_rows, width)."""
        x = inputs + self.drop(self.mlp(self.first_norm(inputs)))
        found: torch.Tensor = x + self.second_norm(x)
        return found


def expert(linear: MakeLinear, block: int, number: int, dropout: float) -> nn.Sequential:
    """Return an expert of a mixture whose layers are made by ``linear``.

    Args:
        linear: Makes both layers.
        block: Number of the block, from 1.
        number: Number of the expert, from 1.
        dropout: Probability of dropout.
    """
    name, stage = f"block{block}.expert{number}", 2 * (block - 1)
    return nn.Sequential(
        linear(f"{name}.up", stage, HIDDEN, 2 * HIDDEN),
        nn.GELU(),
        Dropout(dropout),
        linear(f"{name}.down", stage + 1, 2 * HIDDEN, HIDDEN),
        Dropout(dropout),
    )
