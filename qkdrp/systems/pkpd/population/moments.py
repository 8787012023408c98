"""Sums over the observations of a subject: all that a linearised likelihood needs."""

import math
from dataclasses import dataclass

import torch

from qkdrp.systems.pkpd.data.trial import ENDPOINTS
from qkdrp.systems.pkpd.population.panel import Panel

FARTHEST = 6.0
"""How many residual deviations a prediction may lie beyond the limit of quantification."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over observations by endpoint, for y = J phi + noise with pseudo-observations y.

    Args:
        gram: J'J, shape (..., n_endpoints, n_parameters, n_parameters).
        cross: J'y, shape (..., n_endpoints, n_parameters).
        square: y'y, shape (..., n_endpoints).
        count: Number of observations, shape (..., n_endpoints); a value below the limit counts
            for as much as it tells of the residual error.
    """

    gram: torch.Tensor
    cross: torch.Tensor
    square: torch.Tensor
    count: torch.Tensor


@dataclass(frozen=True, eq=False)
class Pseudo:
    """Observations as a least-squares problem; a censored one has a weight below 1.

    Args:
        residual: Pseudo-observation less prediction, shape (n_subjects, n_slots).
        weight: Weight of its square, same shape; 0 for padding.
        count: What it counts in the residual error.
    """

    residual: torch.Tensor
    weight: torch.Tensor
    count: torch.Tensor


def pseudo_observations(panel: Panel, values: torch.Tensor, sigma: torch.Tensor) -> Pseudo:
    """Return residuals and weights whose first and second derivatives are the likelihood's.

    A value below the limit contributes log Phi(z), z = (log limit - log prediction) / sigma (M3).
    With lambda = phi(z) / Phi(z), its second derivative is lambda (lambda + z) / sigma^2.

    Args:
        panel: The subjects.
        values: Logarithms of predictions, shape (n_subjects, n_slots).
        sigma: Residual deviation of each endpoint, shape (n_subjects, n_endpoints).
    """
    residual, seen = panel.logs - values, panel.seen.to(values.dtype)
    if not panel.below.any():
        return Pseudo(residual * seen, seen, seen)
    scale = sigma[:, panel.endpoint]
    z = (residual / scale).clamp(-FARTHEST, FARTHEST)
    ratio = torch.exp(-0.5 * z.square() - 0.5 * math.log(2 * math.pi) - torch.special.log_ndtr(z))
    weight = (ratio * (ratio + z)).clamp(min=1e-9)
    censored = panel.below
    return Pseudo(
        torch.where(censored, -scale * ratio / weight, residual) * seen,
        torch.where(censored, weight, seen) * seen,
        torch.where(censored, ratio.square() / weight + ratio * z, seen) * seen,
    )


def moments_of(
    panel: Panel, pseudo: Pseudo, slopes: torch.Tensor, parameters: torch.Tensor
) -> Moments:
    """Return the sums of subjects about the origin of the parameters.

    Args:
        panel: The subjects.
        pseudo: Their observations.
        slopes: J, shape (n_subjects, n_slots, n_parameters).
        parameters: Where the curves were linearised, shape (n_subjects, n_parameters).
    """
    known = panel.seen.unsqueeze(-1)
    slopes = torch.where(known, slopes, torch.zeros_like(slopes))
    target = pseudo.residual + (slopes @ parameters.unsqueeze(-1)).squeeze(-1)
    member = torch.nn.functional.one_hot(panel.endpoint, len(ENDPOINTS)).to(slopes.dtype)
    weight = pseudo.weight.unsqueeze(1) * member.T
    weighted = weight.unsqueeze(-1) * slopes.unsqueeze(1)
    return Moments(
        weighted.transpose(-1, -2) @ slopes.unsqueeze(1),
        (weighted * target[:, None, :, None]).sum(-2),
        (weight * target.square().unsqueeze(1)).sum(-1),
        (pseudo.count.unsqueeze(1) * member.T).sum(-1),
    )


def misfit(panel: Panel, values: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Return -2 log likelihood of observations given the parameters, shape (n_subjects,).

    Args:
        panel: The subjects.
        values: Logarithms of predictions.
        sigma: Residual deviation of each endpoint, shape (n_subjects, n_endpoints).
    """
    scale = sigma[:, panel.endpoint]
    z = (panel.logs - values) / scale
    exact = z.square() + 2 * scale.log() + math.log(2 * math.pi)
    censored = -2 * torch.special.log_ndtr(z)
    both = torch.where(panel.below, censored, exact)
    return torch.where(panel.seen, both, torch.zeros_like(both)).sum(-1)
