"""Concentration after one dose as a sum of exponentials: poles and weights of a mechanism."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch

from qkdrp.systems.pkpd.mechanism.structure import Structure

SEPARATION = 1e-5
"""Smallest relative distance of two rates: closer ones are moved apart by as much.

The weights hold 1 / (difference of rates). At this distance both the error of the move and that of
the cancellation stay far below that of any assay (1e-5 in values, 1e-5 in gradients)."""


class Exponentials(NamedTuple):
    """``C(t) = dose * sum_k weights[..., k] * exp(-rates[..., k] * t)``, for t >= 0.

    Shapes (..., n_terms); rates in 1/h, weights in 1/L. Weights add up to 0: absorption is first
    order, so the concentration starts at 0.
    """

    rates: torch.Tensor
    weights: torch.Tensor


def exponentials(structure: Structure, parameters: Mapping[str, torch.Tensor]) -> Exponentials:
    """Return rates and weights after a dose of 1 mg.

    Args:
        structure: The mechanism.
        parameters: Natural parameters by name; shapes broadcast.
    """
    ka, k10 = parameters["ka"], parameters["CL"] / parameters["V"]
    if structure.compartments == 1:
        ka = _apart(ka, k10)
        rise = ka / (parameters["V"] * (ka - k10))
        return _stack(rates=(k10, ka), weights=(rise, -rise))
    k12, k21 = parameters["Q"] / parameters["V"], parameters["Q"] / parameters["V2"]
    alpha, beta = _roots(k10, k12, k21)
    ka = _apart(_apart(ka, alpha), beta)
    scale = ka / parameters["V"]
    return _stack(
        rates=(alpha, beta, ka),
        weights=(
            scale * (k21 - alpha) / ((ka - alpha) * (beta - alpha)),
            scale * (k21 - beta) / ((ka - beta) * (alpha - beta)),
            scale * (k21 - ka) / ((alpha - ka) * (beta - ka)),
        ),
    )


def _roots(
    k10: torch.Tensor, k12: torch.Tensor, k21: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the roots of ``s^2 - (k10 + k12 + k21) s + k10 k21``, the greater one first."""
    total = k10 + k12 + k21
    # The discriminant without cancellation; it is 0 only where k12 is and k10 equals k21.
    discriminant = (k10 - k21) ** 2 + k12**2 + 2 * k12 * (k10 + k21)
    floor = (SEPARATION * total) ** 2
    alpha = (total + torch.sqrt(torch.maximum(discriminant, floor))) / 2
    return alpha, k10 * k21 / alpha


def _apart(rate: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Move a rate away from another where they nearly agree; gradients pass unchanged."""
    with torch.no_grad():
        gap = rate - other
        least = SEPARATION * other
        shift = torch.where(gap.abs() < least, torch.where(gap < 0, -least, least) - gap, 0.0)
    return rate + shift


def _stack(rates: tuple[torch.Tensor, ...], weights: tuple[torch.Tensor, ...]) -> Exponentials:
    return Exponentials(
        torch.stack(torch.broadcast_tensors(*rates), dim=-1),
        torch.stack(torch.broadcast_tensors(*weights), dim=-1),
    )


def terminal_half_life(
    structure: Structure, parameters: Mapping[str, torch.Tensor]
) -> torch.Tensor:
    """Return the half-life of the slowest decay of the concentration, hours, shape (...)."""
    return math.log(2) / exponentials(structure, parameters).rates.amin(-1)
