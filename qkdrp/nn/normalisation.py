"""Normalisation layers: embedding phi to rotation angles phi', the object of study."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn
from torch.nn.functional import softplus

from qkdrp.systems.response.config import ModelConfig


class ModeratedTanh(nn.Module):
    """``phi' = r * tanh(phi / a)``: slope r/a at 0, range (-r, r) (equation 2).

    Args:
        a: Input scale, positive.
        r: Output range in radians, positive.
        learnable: Whether a and r are trained; they stay positive as softplus of a parameter.
    """

    def __init__(self, a: float, r: float, learnable: bool = False) -> None:
        super().__init__()
        self.learnable = learnable
        if learnable:
            self.raw_a = nn.Parameter(torch.tensor(_inverse_softplus(a)))
            self.raw_r = nn.Parameter(torch.tensor(_inverse_softplus(r)))
        else:
            self.fixed = (a, r)

    @property
    def a(self) -> float:
        """Current input scale."""
        return float(softplus(self.raw_a.detach())) if self.learnable else self.fixed[0]

    @property
    def r(self) -> float:
        """Current output range, radians."""
        return float(softplus(self.raw_r.detach())) if self.learnable else self.fixed[1]

    def forward(self, phi: torch.Tensor) -> torch.Tensor:
        """Return the angles of an embedding, same shape."""
        if self.learnable:
            return softplus(self.raw_r) * torch.tanh(phi / softplus(self.raw_a))
        a, r = self.fixed
        return r * torch.tanh(phi / a)


def _inverse_softplus(value: float) -> float:
    return value + math.log(-math.expm1(-value))


NORMALISATIONS: Mapping[str, Callable[[ModelConfig], nn.Module]] = MappingProxyType(
    {
        "identity": lambda _: nn.Identity(),
        "layernorm": lambda config: nn.LayerNorm(config.n_qubits * config.n_encoding),
        "tanh": lambda _: ModeratedTanh(a=1.0, r=math.pi / 2),
        "moderated": lambda config: ModeratedTanh(config.a, config.r, config.learn_a_r),
    }
)
"""Normalisation layers by name (equations 4, 5, 1 and 2)."""
