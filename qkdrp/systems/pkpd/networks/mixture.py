"""A mixture of experts: a router weighs the outputs of a few of several networks."""

import math
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn
from torch.nn.functional import gelu

from qkdrp.systems.pkpd.networks.dropout import Dropout

N_EXPERTS, TOP = 4, 2
"""Experts, and how many of them have a say on a row."""

ROUTER_NOISE = 0.1
"""Standard deviation of what is added to the router's logits in training."""

LEAST = 1e-9
"""Share below which an expert counts as never used."""


@dataclass(frozen=True)
class Routes:
    """Which experts have a say on which rows; one entry for each pair of row and expert.

    Args:
        rows: Numbers of rows, shape (n_pairs,), int64, those of the first expert first.
        weights: What the expert's output counts, shape (n_pairs,).
        counts: Rows of each expert.
    """

    rows: torch.Tensor
    weights: torch.Tensor
    counts: list[int]

    @classmethod
    def best(cls, shares: torch.Tensor) -> Self:
        """Return the routes to the best two experts of a row, whose weights add up to 1.

        Args:
            shares: Probabilities of experts, shape (n_rows, n_experts).
        """
        chosen, places = shares.topk(TOP, dim=-1)
        weights = (chosen / chosen.sum(-1, keepdim=True)).flatten()
        experts = places.flatten()
        order = experts.argsort(stable=True)
        counts: list[int] = experts.bincount(minlength=N_EXPERTS).tolist()
        return cls(order // TOP, weights[order], counts)


class DenseExperts(nn.Module):
    """Experts of two dense layers with GELU and dropout.

    Args:
        width: Size of inputs and outputs; hidden layers have twice that.
        rate: Probability of dropout.
    """

    def __init__(self, width: int, rate: float) -> None:
        super().__init__()
        self.drop = Dropout(rate)
        self.up, self.up_bias = _stacked(width, 2 * width)
        self.down, self.down_bias = _stacked(2 * width, width)

    def forward(self, inputs: torch.Tensor, routes: Routes) -> torch.Tensor:
        """Return outputs of all pairs, (n_pairs, width), of inputs, (n_rows, width)."""
        given = inputs[routes.rows]
        hidden = self.drop(gelu(_by_expert(given, self.up, self.up_bias, routes)))
        found: torch.Tensor = self.drop(_by_expert(hidden, self.down, self.down_bias, routes))
        return found


def _by_expert(
    values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, routes: Routes
) -> torch.Tensor:
    """Return values, each after the linear layer of its expert, shape (n_pairs, n_outputs)."""
    parts = zip(values.split(routes.counts), weight, bias, strict=True)
    return torch.cat([torch.addmm(own_bias, part, own) for part, own, own_bias in parts])


def _stacked(n_inputs: int, n_outputs: int) -> tuple[nn.Parameter, nn.Parameter]:
    """Return weights and biases of a linear layer for each expert; they begin as torch's do."""
    bound = 1 / math.sqrt(n_inputs)
    shapes = (N_EXPERTS, n_inputs, n_outputs), (N_EXPERTS, n_outputs)
    weight, bias = (nn.Parameter(torch.empty(each).uniform_(-bound, bound)) for each in shapes)
    return weight, bias


class SeveralExperts(nn.Module):
    """Experts that are modules of their own; each is called for all rows.

    So the number of calls of a circuit in an expert is known before they are paid for.

    Args:
        experts: Each from (n_rows, width) to the same shape.
    """

    def __init__(self, experts: list[nn.Module]) -> None:
        super().__init__()
        self.each = nn.ModuleList(experts)

    def forward(self, inputs: torch.Tensor, routes: Routes) -> torch.Tensor:
        """Return outputs of all pairs, (n_pairs, width), of inputs, (n_rows, width)."""
        rows = routes.rows.split(routes.counts)
        return torch.cat(
            [expert(inputs)[chosen] for expert, chosen in zip(self.each, rows, strict=True)]
        )


class Mixture(nn.Module):
    """The sum of the outputs of the best two experts of a row, weighted by a router.

    Args:
        width: Size of inputs and outputs.
        experts: From (n_rows, width) and routes to (n_pairs, width).
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
        routes = Routes.best(shares)
        outputs = self.experts(inputs, routes) * routes.weights.unsqueeze(1)
        found = torch.zeros_like(inputs).index_add(0, routes.rows, outputs)
        if self.training and self.balance:
            mean = shares.mean(dim=0)
            return _with_term(found, self.balance * (mean * (mean + LEAST).log()).sum())
        return found

    def shares(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the router's probability of each expert, shape (n_rows, n_experts)."""
        logits: torch.Tensor = self.router(inputs)
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
