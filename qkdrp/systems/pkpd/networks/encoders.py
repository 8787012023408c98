"""Encoders by name: from the features of an observation to hidden units."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import nn

from qkdrp.systems.pkpd.network_choices import DROPOUT
from qkdrp.systems.pkpd.networks.blocks import (
    DEPTH,
    HIDDEN,
    MakeLinear,
    ResidualMlp,
    expert,
    plain_linear,
)
from qkdrp.systems.pkpd.networks.dropout import Dropout
from qkdrp.systems.pkpd.networks.mixture import N_EXPERTS, DenseExperts, Mixture, SeveralExperts


@dataclass(frozen=True)
class Parts:
    """What an encoder is put together from.

    Args:
        linear: Makes the layers that circuits may stand in.
        dropout: Probability of dropout.
        balance: Factor of the load-balance term of mixtures.
        in_experts: Whether circuits stand in the experts, and not in the residual layers.
    """

    linear: MakeLinear = plain_linear
    dropout: float = DROPOUT
    balance: float = 0.0
    in_experts: bool = False


def mlp(n_inputs: int, parts: Parts) -> nn.Sequential:
    """Return hidden layers with ReLU and dropout."""
    layers: list[nn.Module] = []
    for number, size in enumerate((n_inputs, *[HIDDEN] * (DEPTH - 1))):
        layers.append(parts.linear(f"layer{number + 1}", number, size, HIDDEN))
        layers += [nn.ReLU(), nn.Dropout(parts.dropout)]
    return nn.Sequential(*layers)


def _residual(number: int, parts: Parts) -> Iterator[nn.Module]:
    yield ResidualMlp(plain_linear if parts.in_experts else parts.linear, number, parts.dropout)


def _mixture(number: int, parts: Parts) -> Iterator[nn.Module]:
    experts: nn.Module
    if parts.in_experts:
        several = range(1, N_EXPERTS + 1)
        experts = SeveralExperts(
            [expert(parts.linear, number, each, parts.dropout) for each in several]
        )
    else:
        experts = DenseExperts(HIDDEN, parts.dropout)
    yield Mixture(HIDDEN, experts, parts.balance)
    yield nn.LayerNorm(HIDDEN)


def _both(number: int, parts: Parts) -> Iterator[nn.Module]:
    yield from _residual(number, parts)
    yield from _mixture(number, parts)


Block = Callable[[int, Parts], Iterator[nn.Module]]
"""Gives the layers of a block, given its number from 1."""


def _of_blocks(block: Block) -> Callable[[int, Parts], nn.Sequential]:
    """Return what makes an encoder of blocks between a first and a last linear layer."""

    def encoder(n_inputs: int, parts: Parts) -> nn.Sequential:
        first = [nn.Linear(n_inputs, HIDDEN), nn.LayerNorm(HIDDEN), Dropout(parts.dropout)]
        blocks = [layer for number in range(1, DEPTH + 1) for layer in block(number, parts)]
        last = [nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, HIDDEN), Dropout(parts.dropout)]
        return nn.Sequential(*first, *blocks, *last)

    return encoder


ENCODERS: Mapping[str, Callable[[int, Parts], nn.Sequential]] = MappingProxyType(
    {
        "mlp": mlp,
        "qnn": mlp,
        "resmlp": _of_blocks(_residual),
        "moe": _of_blocks(_mixture),
        "resmlp_moe": _of_blocks(_both),
        "resqnn_moe": _of_blocks(_both),
    }
)
"""What makes the encoder of a network from the number of its inputs and its parts."""


def head() -> nn.Sequential:
    """Return what makes one number of the last hidden units."""
    return nn.Sequential(nn.Linear(HIDDEN, HIDDEN // 2), nn.GELU(), nn.Linear(HIDDEN // 2, 1))
