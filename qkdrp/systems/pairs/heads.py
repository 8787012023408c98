"""What makes a prediction of the classical models, and how heads without bias start."""

import torch
from torch import nn

from qkdrp.systems.pairs.models import EMBEDDING_SIZE
from qkdrp.training.rows import Rows

HIDDEN = 8
"""Hidden units of the classical head: 256 * 8 + 8 = 2056 weights."""

ROUNDS = 4
"""Rounds of centring: units of which a part was off rise by less than the first one means."""


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

    They have no bias, so weights of the first layer change, along the mean of its inputs: hidden
    units whose output weight has the right sign all rise by the same. Raising the output weights
    instead makes the first steps overshoot, and a constant beside the model lets all ReLUs die.

    Args:
        model: A fresh model, whose prediction is the output of the core.
        core: Of :func:`classical_core`.
        rows: Training rows.
        most: Rows that means are taken over, from the first.
    """
    first, last = core[0], core[-1]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    seen = list[torch.Tensor]()
    handle = first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.train()
    inputs, target = rows.batch(slice(most))
    with torch.no_grad():
        for _ in range(ROUNDS):
            offset = (target - model(*inputs)).mean()
            mean = seen[-1].mean(dim=0)
            helpful = (last.weight[0] * offset > 0).to(mean.dtype)
            reach = (helpful * last.weight[0]).sum()
            if reach != 0:
                first.weight.add_(torch.outer(helpful * offset / reach, mean / mean.square().sum()))
    handle.remove()
