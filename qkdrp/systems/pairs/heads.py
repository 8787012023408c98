"""What makes a prediction of the classical models, and a constant start for those without bias."""

import torch
from torch import nn

from qkdrp.systems.pairs.models import EMBEDDING_SIZE

HIDDEN = 8
"""Hidden units of the classical head: 256 * 8 + 8 = 2056 weights."""


class Shift(nn.Module):
    """Adds a constant that is set before training and never trained.

    It lets a head without bias start where the mean prediction is the mean target, as the readout
    of the circuit does.
    """

    bias: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bias", torch.zeros(1))

    def forward(self, prediction: torch.Tensor) -> torch.Tensor:
        """Return predictions plus the constant, same shape."""
        return prediction + self.bias


def classical_core() -> nn.Sequential:
    """Return the paper's two dense layers without bias, (batch, 256) to (batch, 1)."""
    return nn.Sequential(
        nn.Linear(EMBEDDING_SIZE, HIDDEN, bias=False), nn.ReLU(), nn.Linear(HIDDEN, 1, bias=False)
    )


def affine_readout() -> nn.Linear:
    """Return ``s x + t``, both trained, from s = 1 and t = 0."""
    readout = nn.Linear(1, 1)
    nn.init.ones_(readout.weight)
    nn.init.zeros_(readout.bias)
    return readout
