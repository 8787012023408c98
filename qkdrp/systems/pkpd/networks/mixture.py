"""A mixture of experts: a router weighs the outputs of a few of several networks."""

import math
from typing import Any

import torch
from torch import nn
from torch.nn.functional import dropout, gelu

N_EXPERTS, TOP = 4, 2
"""Experts, and how many of them have a say on a row."""

ROUTER_NOISE = 0.1
"""Standard deviation of what is added to the router's logits in training."""

LEAST = 1e-9
"""Share below which an expert counts as never used."""


class DenseExperts(nn.Module):
    """Experts of two dense layers with GELU and dropout, all computed at once.

    Args:
        width: Size of inputs and outputs; hidden layers have twice that.
        rate: Probability of dropout.
    """

    def __init__(self, width: int, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.up, self.up_bias = _stacked(width, 2 * width)
        self.down, self.down_bias = _stacked(2 * width, width)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return outputs, shape (n_experts, n_rows, width), of inputs, shape (n_rows, width)."""
        rows = inputs.expand(len(self.up), *inputs.shape)
        hidden = self._drop(gelu(torch.baddbmm(self.up_bias, rows, self.up)))
        return self._drop(torch.baddbmm(self.down_bias, hidden, self.down))

    def _drop(self, values: torch.Tensor) -> torch.Tensor:
        return dropout(values, self.rate, self.training)


def _stacked(n_inputs: int, n_outputs: int) -> tuple[nn.Parameter, nn.Parameter]:
    """Return weights and biases of a linear layer for each expert; they begin as torch's do."""
    bound = 1 / math.sqrt(n_inputs)
    shapes = (N_EXPERTS, n_inputs, n_outputs), (N_EXPERTS, 1, n_outputs)
    weight, bias = (nn.Parameter(torch.empty(each).uniform_(-bound, bound)) for each in shapes)
    return weight, bias


class SeveralExperts(nn.Module):
    """Experts that are modules of their own.

    Args:
        experts: Each from (n_rows, width) to the same shape.
    """

    def __init__(self, experts: list[nn.Module]) -> None:
        super().__init__()
        self.each = nn.ModuleList(experts)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return outputs, shape (n_experts, n_rows, width), of inputs, shape (n_rows, width)."""
        return torch.stack([expert(inputs) for expert in self.each])


class Mixture(nn.Module):
    """The sum of the outputs of the best two experts of a row, weighted by a router.

    Args:
        width: Size of inputs and outputs.
        experts: From (n_rows, width) to (n_experts, n_rows, width).
        balance: Factor of the load-balance term in the loss, the sum of p log p over the experts'
            mean probabilities p; 0 for none.
    """

    def __init__(self, width: int, experts: nn.Module, balance: float = 0.0) -> None:
        super().__init__()
        self.router = nn.Linear(width, N_EXPERTS, bias=False)
        self.experts, self.balance = experts, balance

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return outputs, shape (n_rows, width), of inputs, same shape."""
        shares = self.shares(inputs)
        chosen, places = shares.topk(TOP, dim=-1)
        weights = torch.zeros_like(shares).scatter(-1, places, chosen / chosen.sum(-1, True))
        found = torch.einsum("ne,enh->nh", weights, self.experts(inputs))
        if self.training and self.balance:
            mean = shares.mean(dim=0)
            return _with_term(found, self.balance * (mean * (mean + LEAST).log()).sum())
        return found

    def shares(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the router's probability of each expert, shape (n_rows, n_experts)."""
        logits = self.router(inputs)
        if self.training:
            logits = logits + ROUTER_NOISE * torch.randn_like(logits)
        return torch.softmax(logits, dim=-1)


class _WithTerm(torch.autograd.Function):
    """Values as they are, whose backward pass adds the gradient of a term to that of the loss."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, term: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
        ctx.ones = torch.ones_like(term)
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ANN401
        return gradient, ctx.ones


def _with_term(values: torch.Tensor, term: torch.Tensor) -> torch.Tensor:
    """Return values; a loss that is made of them is minimised as if the term were added to it."""
    found: torch.Tensor = _WithTerm.apply(values, term)  # type: ignore[no-untyped-call]
    return found
