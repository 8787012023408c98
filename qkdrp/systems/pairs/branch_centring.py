"""How a model whose head has no bias starts at the mean target: its branches' outputs are moved."""

import torch

from qkdrp.systems.pairs.model import PairModel
from qkdrp.training.rows import Rows

ROUNDS = 60
"""Steps of the search: each goes half of the way that a linear head would need."""


def centre_branches(model: PairModel, rows: Rows, most: int) -> None:
    """Let the mean prediction be the mean target, through the biases of the branches' outputs.

    The paper's two dense layers have no bias. Weights of the last one that are scaled until their
    mean fits amplify every difference between pairs, and the first steps of Adam then swing by
    several times the target; a constant beside the model lets all ReLUs die at no cost. A common
    shift of the 256 outputs along the gradient of the mean prediction does neither: the first loss
    is the variance of the target.

    Args:
        model: A fresh model.
        rows: Training rows.
        most: Rows that means are taken over, from the first.
    """
    outputs = list[torch.Tensor]()
    handle = model.bridge.register_forward_pre_hook(lambda _, inputs: outputs.append(inputs[0]))
    model.train()
    inputs, target = rows.batch(slice(most))
    with torch.no_grad():
        model(*inputs)
    handle.remove()
    model.move_outputs(_shift(model, outputs[0], target.mean()))


def _shift(model: PairModel, outputs: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return what is added to outputs of branches, shape (256,), for a mean prediction."""
    shift = torch.zeros_like(outputs[0])
    for _ in range(ROUNDS):
        moved = shift.clone().requires_grad_()
        mean = model.predict_outputs(outputs + moved).mean()
        (slope,) = torch.autograd.grad(mean, moved)
        length = slope.square().sum()
        if length == 0:
            break
        shift += 0.5 * (wanted - mean.detach()) * slope / length
    return shift
