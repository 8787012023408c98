"""The moderated tanh, with its scale a and range r fixed or trained."""

import math
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.functional import softplus


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

    def trace(self) -> Mapping[str, float]:
        """Return a and r."""
        return {"a": self.a, "r": self.r}

    def forward(self, phi: torch.Tensor) -> torch.Tensor:
        """Return the angles of an embedding, same shape."""
        if self.learnable:
            return softplus(self.raw_r) * torch.tanh(phi / softplus(self.raw_a))
        a, r = self.fixed
        return r * torch.tanh(phi / a)


def _inverse_softplus(value: float) -> float:
    return value + math.log(-math.expm1(-value))
