"""Effect of a concentration, and steps of an indirect response along a grid.

The biomarker is written as ``R = R0 * rho``, with rho = 1 before the first dose. Over a step, rho
after it is ``gain * rho + offset``: the equations are linear in rho. Within a step the effect is
taken as linear through the two points of Gauss and Legendre, and then integrated exactly (I, III)
or to 4th order (II, IV), so that no rate is too fast: exponents are never positive.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch

from qkdrp.systems.pkpd.mechanism.structure import Structure

_TINY = 1e-30


class Steps(NamedTuple):
    """Affine maps of rho over steps: gain and offset; shapes broadcast with one another."""

    gain: torch.Tensor
    offset: torch.Tensor


def drug_effect(
    structure: Structure, parameters: Mapping[str, torch.Tensor], concentration: torch.Tensor
) -> torch.Tensor:
    """Return 1 plus or minus ``Emax C^h / (EC50^h + C^h)``.

    Args:
        structure: The mechanism.
        parameters: Natural parameters, each of shape (...).
        concentration: mg/L, shape (..., *any); parameters get as many dimensions as are missing.
    """

    def wide(name: str) -> torch.Tensor:
        return widen(parameters[name], concentration)

    half, greatest = wide(structure.potency), wide(structure.ceiling)
    positive = concentration.clamp(min=_TINY)  # rounding may leave less than 0 at a dose
    if structure.hill:
        share = torch.sigmoid(wide("hill") * (torch.log(positive) - torch.log(half)))
    else:
        share = positive / (half + positive)
    return 1 + structure.sign * greatest * share


def widen(parameter: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Append dimensions of length 1 to a parameter of shape (...), up to those of a tensor."""
    return parameter.reshape(parameter.shape + (1,) * (like.dim() - parameter.dim()))


def steps(
    structure: Structure, span: torch.Tensor, factors: tuple[torch.Tensor, torch.Tensor]
) -> Steps:
    """Return the affine maps of rho over steps of an indirect response.

    Args:
        structure: The mechanism, with an indirect effect.
        span: ``kout`` times the length of the step.
        factors: What multiplies the rate at the two nodes of the step, as :func:`drug_effect` says.
    """
    mean, slope = (factors[0] + factors[1]) / 2, 3**0.5 * (factors[1] - factors[0])
    return _STEPS[structure.effect](span, mean, slope)


def _production(span: torch.Tensor, mean: torch.Tensor, slope: torch.Tensor) -> Steps:
    """``rho' = kout (factor - rho)``: effects I and III."""
    offset = mean * (span * _phi(span)) + slope * (span**2 * _psi(span))
    return Steps(torch.exp(-span), offset)


def _loss(span: torch.Tensor, mean: torch.Tensor, slope: torch.Tensor) -> Steps:
    """``rho' = kout (1 - factor * rho)``: effects II and IV."""
    decay = span * mean
    return Steps(torch.exp(-decay), span * _phi(decay) - slope * (span**2 * _psi(decay)))


_STEPS: dict[str, Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Steps]] = {
    "I": _production,
    "II": _loss,
    "III": _production,
    "IV": _loss,
}


def _phi(x: torch.Tensor) -> torch.Tensor:
    """``(1 - e^-x) / x``, safe at 0."""
    small = x < 1e-6
    safe = torch.where(small, 1.0, x)
    return torch.where(small, 1 - x / 2, -torch.expm1(-safe) / safe)


def _psi(x: torch.Tensor) -> torch.Tensor:
    """``((1 + e^-x) / 2 - (1 - e^-x) / x) / x^2``, safe at 0."""
    small = x < 0.02
    safe = torch.where(small, 1.0, x)
    exact = ((1 + torch.exp(-safe)) / 2 + torch.expm1(-safe) / safe) / safe**2
    return torch.where(small, 1 / 12 - x / 24 + x**2 / 80 - x**3 / 360, exact)


def scan(maps: Steps) -> Steps:
    """Return the maps from the start of the last dimension to every point of it, start included.

    Args:
        maps: Shapes (..., n) that broadcast.

    Returns:
        Shapes (..., n + 1); the first map leaves rho as it is.
    """
    gain, offset = torch.ones_like(maps.gain[..., :1]), torch.zeros_like(maps.offset[..., :1])
    gains, offsets = [gain], [offset]
    for step_gain, step_offset in zip(
        maps.gain.split(1, dim=-1), maps.offset.split(1, dim=-1), strict=True
    ):
        gain, offset = step_gain * gain, step_gain * offset + step_offset
        gains.append(gain)
        offsets.append(offset)
    return Steps(torch.cat(gains, dim=-1), torch.cat(offsets, dim=-1))
