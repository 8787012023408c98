"""What makes a prediction of the classical models."""

from torch import nn

from qkdrp.systems.pairs.models import EMBEDDING_SIZE

HIDDEN = 8
"""Hidden units of the classical head: 256 * 8 + 8 = 2056 weights."""


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
