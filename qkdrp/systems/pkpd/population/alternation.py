"""Fits of the population model: linearise at each subject's own parameters, fit, repeat.

The alternation of Lindstrom and Bates (Biometrics 46, 673, 1990). A resample of subjects is a
vector of weights, so that many refits are one batch. What is maximised agrees, where it converges,
with the first-order conditional approximation of the likelihood (FOCE), Laplace's approximation
with the second derivatives of Gauss and Newton.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from qkdrp.systems.pkpd.data.trial import ENDPOINTS
from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.curves import log_curves_of, slopes_of
from qkdrp.systems.pkpd.population.marginal import (
    Design,
    Theta,
    conditional_effects,
    information_of,
    optimise,
)
from qkdrp.systems.pkpd.population.moments import (
    Moments,
    misfit,
    moments_of,
    pseudo_observations,
)
from qkdrp.systems.pkpd.population.panel import Panel

LONGEST_MOVE = 1.0
"""Largest change of a subject's logarithmic parameter between two linearisations."""

FARTHEST = 15.0
"""Largest absolute value of a logarithmic parameter."""

STEPS = 8
"""Newton steps for each linearisation; more are not worth it before the next one."""

OnRound = Callable[[int, float], None]
"""Called after each round with its number, from 1, and the largest change of a parameter."""


@dataclass(frozen=True, eq=False)
class Batch:
    """What is fitted: a panel of subjects, and how often each counts in every fit.

    Args:
        structure: Of the mechanism.
        panel: The subjects.
        weights: Shape (n_fits, n_subjects); 0 for subjects that are not in a resample.
        design: How parameters depend on covariates.
    """

    structure: Structure
    panel: Panel
    weights: torch.Tensor
    design: Design

    @property
    def n_fits(self) -> int:
        """Return the number of fits."""
        return len(self.weights)


@dataclass(frozen=True, eq=False)
class Fits:
    """Fitted population models, several at once.

    Args:
        theta: Population parameters.
        phi: Parameters of each subject, on the logarithmic scale, (n_fits, n_subjects, n).
        effects: Random effects of each subject, (n_fits, n_subjects, n_varying).
        spread: Their covariance given the observations, (..., n_varying, n_varying).
        objective: -2 log likelihood by Laplace's approximation, shape (n_fits,).
        information: Observed information of the population parameters, (n_fits, n, n); None where
            they were not fitted.
        moments: Of the last linearisation.
        rounds: How many there were.
        change: Largest change of a parameter of a subject in the last round, (n_fits,).
    """

    theta: Theta
    phi: torch.Tensor
    effects: torch.Tensor
    spread: torch.Tensor
    objective: torch.Tensor
    information: torch.Tensor | None
    moments: Moments
    rounds: int
    change: torch.Tensor


def _ignore(*_: object) -> None:
    """Take no notice."""


def alternate(
    batch: Batch,
    start: Theta,
    phi: torch.Tensor | None = None,
    *,
    rounds: int = 30,
    tolerance: float = 2e-3,
    fixed: bool = False,
    on_round: OnRound = _ignore,
) -> Fits:
    """Fit several population models at once.

    Args:
        batch: What is fitted.
        start: Population parameters to start from.
        phi: Parameters of the subjects to linearise at first; typical ones by default.
        rounds: Linearisations at most.
        tolerance: Change of a logarithmic parameter of a subject at which a fit has converged.
        fixed: Whether population parameters stay as they are, so that only random effects are
            found (MAP).
        on_round: Called after each round.
    """
    theta = start
    at = batch.design.typical(start.beta) if phi is None else phi
    values, moments = linearise(batch, at, theta)
    change = torch.full((batch.n_fits,), math.inf, dtype=at.dtype)
    n_rounds = 0
    for n_rounds in range(1, rounds + 1):
        if not fixed:
            theta = optimise(theta, moments, batch.weights, batch.design, STEPS).theta
        moved = _move(batch, at, values, theta, moments)
        shift = (moved - at).abs().amax(-1) * (batch.weights > 0)
        change, at = shift.amax(-1), moved
        values, moments = linearise(batch, at, theta)
        on_round(n_rounds, float(change.max()))
        if float(change.max()) < tolerance:
            break
    if not fixed:
        theta = optimise(theta, moments, batch.weights, batch.design).theta
    information = None if fixed else information_of(theta, moments, batch.weights, batch.design)
    return _finish(batch, at, values, theta, moments, information, n_rounds, change)


def _finish(
    batch: Batch,
    at: torch.Tensor,
    values: torch.Tensor,
    theta: Theta,
    moments: Moments,
    information: torch.Tensor | None,
    rounds: int,
    change: torch.Tensor,
) -> Fits:
    effects, spread = conditional_effects(theta, moments, batch.design)
    objective = _laplace(batch, values, theta, effects, spread)
    return Fits(theta, at, effects, spread, objective, information, moments, rounds, change)


def _laplace(
    batch: Batch, values: torch.Tensor, theta: Theta, effects: torch.Tensor, spread: torch.Tensor
) -> torch.Tensor:
    """Return -2 log likelihood; log|I + omega W omega| = log|Omega| - log|spread|."""
    omega = theta.log_omega.exp().unsqueeze(1)
    fits, subjects = _active(batch)
    total = torch.zeros_like(batch.weights)
    panel = batch.panel.take(subjects)
    total[fits, subjects] = misfit(panel, values[fits, subjects], theta.log_sigma.exp()[fits])
    prior = (effects / omega).square().sum(-1)
    scaled = spread / (omega.unsqueeze(-1) * omega.unsqueeze(-2))
    return (batch.weights * (total + prior - torch.logdet(scaled))).sum(-1)


def _active(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return numbers of fit and subject wherever a subject counts."""
    fits, subjects = torch.nonzero(batch.weights > 0, as_tuple=True)
    return fits, subjects


def linearise(batch: Batch, at: torch.Tensor, theta: Theta) -> tuple[torch.Tensor, Moments]:
    """Return predictions (n_fits, n_subjects, n_slots) and moments at the subjects' parameters."""
    fits, subjects = _active(batch)
    panel, phi = batch.panel.take(subjects), at[fits, subjects]
    found, slopes = slopes_of(batch.structure, phi, panel)
    slopes = slopes.nan_to_num(0.0, 0.0, 0.0)
    pseudo = pseudo_observations(panel, found, theta.log_sigma.exp()[fits])
    local = moments_of(panel, pseudo, slopes, phi)
    shape, n = batch.weights.shape, at.shape[-1]
    values = at.new_zeros(*shape, found.shape[-1])
    moments = Moments(
        at.new_zeros(*shape, len(ENDPOINTS), n, n),
        at.new_zeros(*shape, len(ENDPOINTS), n),
        at.new_zeros(*shape, len(ENDPOINTS)),
        at.new_zeros(*shape, len(ENDPOINTS)),
    )
    values[fits, subjects] = found
    moments.gram[fits, subjects] = local.gram
    moments.cross[fits, subjects] = local.cross
    moments.square[fits, subjects] = local.square
    moments.count[fits, subjects] = local.count
    return values, moments


def _move(
    batch: Batch, at: torch.Tensor, values: torch.Tensor, theta: Theta, moments: Moments
) -> torch.Tensor:
    """Return the subjects' next parameters: a Gauss-Newton step, halved where it makes a fit worse.

    A subject's step is judged by its misfit with the random effects that the step leaves it.
    """
    effects, _ = conditional_effects(theta, moments, batch.design)
    goal = batch.design.typical(theta.beta)
    goal[..., batch.design.varying] += effects
    step = (goal - at).clamp(-LONGEST_MOVE, LONGEST_MOVE)
    fits, subjects = _active(batch)
    panel, sigma = batch.panel.take(subjects), theta.log_sigma.exp()[fits]
    before = misfit(panel, values[fits, subjects], sigma)
    size = torch.ones_like(before)
    start, along = at[fits, subjects], step[fits, subjects]
    # a step towards the population may cost a subject some fit: that is what shrinkage is
    allowed = before + 2.0 + 0.1 * before.abs()
    for _ in range(3):
        moved = start + size.unsqueeze(-1) * along
        after = misfit(panel, log_curves_of(batch.structure, moved, panel), sigma)
        worse = ~(after <= allowed)
        if not worse.any():
            break
        size = torch.where(worse, size / 3, size)
    result = at.clone()
    result[fits, subjects] = (start + size.unsqueeze(-1) * along).clamp(-FARTHEST, FARTHEST)
    return result
