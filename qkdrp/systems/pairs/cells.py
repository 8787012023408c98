"""The branch of the cell line: a convolutional network along its features."""

from typing import cast

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


class FirstConvolution(nn.Conv1d):
    """A convolution of one channel, as the product of all windows with the kernels.

    Inputs have shape (n_lines, 1, n_features), outputs (n_lines, channels, 1, length), channels
    last in memory.
    """

    def forward(self, lines: torch.Tensor) -> torch.Tensor:
        """Return the channels of all windows."""
        windows = lines.squeeze(1).unfold(1, self.kernel_size[0], 1)
        found = nn.functional.linear(windows, self.weight[:, 0], self.bias)
        return found.movedim(2, 1).unsqueeze(2)


class Convolution(nn.Conv1d):
    """A convolution of images of one row with channels last in memory, on the processor the faster.

    Inputs have shape (n_lines, channels, 1, length).
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return values of the same kind."""
        kernels = self.weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        return nn.functional.conv2d(values, kernels, self.bias)


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
        for kind, wider in zip((FirstConvolution, Convolution, Convolution), CHANNELS, strict=True):
            layers += [kind(channels, wider, KERNEL), nn.MaxPool2d((1, POOL)), nn.ReLU()]
            channels, length = wider, (length - KERNEL + 1) // POOL
        layers += [nn.Flatten(), nn.Linear(channels * length, BRANCH_SIZE)]
        self.layers = nn.Sequential(*layers)

    @property
    def last(self) -> nn.Linear:
        """The linear layer that gives the embeddings."""
        return cast("nn.Linear", self.layers[-1])

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
