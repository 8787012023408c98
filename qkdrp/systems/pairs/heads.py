"""What makes a prediction of the classical models, and how heads without bias start."""

import torch
from torch import nn

from qkdrp.systems.pairs.models import EMBEDDING_SIZE
from qkdrp.training.rows import Rows

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


def centre_core(model: nn.Module, core: nn.Sequential, rows: Rows, most: int) -> None:
    """Let the mean prediction of the paper's two dense layers be the mean target.

    They have no bias, so weights of the last layer change, along the mean of its inputs. A constant
    beside the model lets all ReLUs die at no cost, and so does raising all hidden units at once:
    both were tried on the paper's data.

    Args:
        model: A fresh model, whose prediction is the output of the core.
        core: Of :func:`classical_core`.
        rows: Training rows.
        most: Rows that means are taken over, from the first.
    """
    last = core[-1]
    assert isinstance(last, nn.Linear)
    seen = list[torch.Tensor]()
    handle = last.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.train()
    inputs, target = rows.batch(slice(most))
    with torch.no_grad():
        offset = (target - model(*inputs)).mean()
        mean = seen[0].mean(dim=0)
        length = mean.square().sum()
        if length > 0:
            last.weight.add_(offset * mean / length)
    handle.remove()
