"""Centring of a linear head before training."""

import copy

import torch
from torch import nn

from qkdrp.training.rows import Rows


def centre_head(model: nn.Module, head: nn.Module, rows: Rows, most: int | None = None) -> None:
    """Set the bias of a linear head so that the mean prediction is the mean target.

    A fresh circuit's outputs have a random mean, and stopping on a score that is blind to it, such
    as an AUC, would often leave it in. The mean is taken in training mode, as the first step will
    see it; the statistics of normalisation layers stay as they were.

    Args:
        model: A fresh model.
        head: Its last layer; nothing is done where that is not linear.
        rows: Training rows.
        most: Rows that the mean is taken over, from the first; None for all.
    """
    if isinstance(head, nn.Linear):
        before = copy.deepcopy(model.state_dict())
        model.train()
        with torch.no_grad():
            inputs, target = rows.batch(slice(most))
            offset = (target - model(*inputs)).mean(dim=0)
            model.load_state_dict(before)
            head.bias.add_(offset)
