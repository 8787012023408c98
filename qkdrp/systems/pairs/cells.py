"""The branch of the cell line: a convolutional network along its features."""

import torch
from torch import nn

from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.models import BRANCH_SIZE

CHANNELS = (32, 64, 128)
"""Channels of the three convolutions."""

KERNEL, POOL = 8, 3
"""Width of convolutions and of pooling."""

FEWEST_FEATURES = 118
"""Features below which nothing is left after three convolutions and pools."""


class CellBranch(nn.Module):
    """Three times convolution, pooling and ReLU, then a bare linear layer.

    Pooling comes before the ReLU: the same numbers from a third of the elements. The layers are
    those of GraphDRP, which the paper does not print.

    Args:
        n_features: Features of a line; inputs have shape (n_lines, n_features).

    Raises:
        DataError: If there are too few.
    """

    def __init__(self, n_features: int) -> None:
        super().__init__()
        check_feature_count(n_features)
        layers: list[nn.Module] = [nn.Unflatten(1, (1, n_features))]
        channels, length = 1, n_features
        for wider in CHANNELS:
            layers += [nn.Conv1d(channels, wider, KERNEL), nn.MaxPool1d(POOL), nn.ReLU()]
            channels, length = wider, (length - KERNEL + 1) // POOL
        layers += [nn.Flatten(), nn.Linear(channels * length, BRANCH_SIZE)]
        self.layers = nn.Sequential(*layers)

    def forward(self, lines: torch.Tensor) -> torch.Tensor:
        """Return embeddings, shape (n_lines, 128)."""
        embedding: torch.Tensor = self.layers(lines)
        return embedding


def check_feature_count(n_features: int) -> None:
    """Refuse features that the network has no room for.

    Raises:
        DataError: If there are too few.
    """
    if n_features < FEWEST_FEATURES:
        raise DataError(
            f"found {n_features} features of cell lines, expected at least {FEWEST_FEATURES}: "
            "three convolutions and pools leave nothing of fewer."
        )
