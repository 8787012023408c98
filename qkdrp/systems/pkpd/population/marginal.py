"""The likelihood of a linearised population model, and its optimum by Newton's method."""

import math
from dataclasses import dataclass

import torch

from qkdrp.systems.pkpd.population.forward_mode import load_forward_mode
from qkdrp.systems.pkpd.population.moments import Moments

SMALLEST, LARGEST = math.log(1e-3), math.log(3.0)
"""Bounds of logarithmic deviations between subjects."""

MAX_STEP = 1.0
"""Largest change of one parameter in one step of Newton's method."""

HALVINGS = 8
"""How often a step that makes the likelihood worse is halved."""


@dataclass(frozen=True, eq=False)
class Design:
    """How parameters depend on coefficients, and which vary between subjects.

    Args:
        matrix: X of phi = X beta + offset, shape (n_subjects, n_parameters, n_coefficients).
        offset: Fixed part, shape (n_subjects, n_parameters).
        varying: Numbers of the parameters with a random effect, shape (n_varying,).
        prior_mean: Of the coefficients, shape (n_coefficients,).
        prior_precision: Of the coefficients, 0 where there is no prior.
    """

    matrix: torch.Tensor
    offset: torch.Tensor
    varying: torch.Tensor
    prior_mean: torch.Tensor
    prior_precision: torch.Tensor

    @property
    def n_coefficients(self) -> int:
        """Return the number of coefficients."""
        return self.matrix.shape[-1]

    def typical(self, beta: torch.Tensor) -> torch.Tensor:
        """Return phi without random effects, shape (..., n_subjects, n_parameters)."""
        return torch.einsum("ipq,...q->...ip", self.matrix, beta) + self.offset


@dataclass(frozen=True, eq=False)
class Theta:
    """Population parameters of several fits at once.

    Args:
        beta: Coefficients, shape (n_fits, n_coefficients).
        log_omega: Logarithms of the deviations between subjects, (n_fits, n_varying).
        log_sigma: Logarithms of the residual deviations, (n_fits, n_endpoints).
    """

    beta: torch.Tensor
    log_omega: torch.Tensor
    log_sigma: torch.Tensor

    @property
    def flat(self) -> torch.Tensor:
        """Return all as one tensor, shape (n_fits, n_parameters of the population)."""
        return torch.cat([self.beta, self.log_omega, self.log_sigma], dim=-1)


def theta_of(flat: torch.Tensor, design: Design) -> Theta:
    """Divide a flat tensor of population parameters into its parts."""
    q, m = design.n_coefficients, len(design.varying)
    return Theta(flat[..., :q], flat[..., q : q + m], flat[..., q + m :])


def minus_two_log_likelihood(
    flat: torch.Tensor, moments: Moments, weights: torch.Tensor, design: Design
) -> torch.Tensor:
    """Return -2 log of likelihood (and prior) of one linearised fit, without constants.

    Args:
        flat: Population parameters, shape (n,).
        moments: Of its subjects, leading shape (n_subjects,).
        weights: How often each subject counts, shape (n_subjects,).
        design: Of the population model.
    """
    theta = theta_of(flat, design)
    each = by_subject(
        design.typical(theta.beta), theta.log_omega, theta.log_sigma, moments, design.varying
    )
    prior = (design.prior_precision * (theta.beta - design.prior_mean).square()).sum()
    return (weights * each).sum() + prior


def by_subject(
    phi: torch.Tensor,
    log_omega: torch.Tensor,
    log_sigma: torch.Tensor,
    moments: Moments,
    varying: torch.Tensor,
) -> torch.Tensor:
    """Return -2 log likelihood of each subject of one linearised fit, without constants.

    Args:
        phi: Typical parameters of the subjects, shape (n_subjects, n_parameters).
        log_omega: Logarithms of the deviations between subjects, shape (n_varying,).
        log_sigma: Logarithms of the residual deviations, shape (n_endpoints,).
        moments: Leading shape (n_subjects,).
        varying: Numbers of the parameters that vary, shape (n_varying,).

    Returns:
        Shape (n_subjects,).
    """
    precision = torch.exp(-2 * log_sigma)
    pull, square = _about(moments, phi)
    information = torch.einsum("iepq,e->ipq", moments.gram, precision)
    omega = log_omega.exp()
    v = (pull * precision[:, None]).sum(-2)[:, varying] * omega
    inner = information[:, varying][:, :, varying] * omega[:, None] * omega
    lower = torch.linalg.cholesky(inner + torch.eye(len(omega), dtype=inner.dtype))
    half = torch.linalg.solve_triangular(lower, v.unsqueeze(-1), upper=False).squeeze(-1)
    log_det = 2 * torch.diagonal(lower, dim1=-2, dim2=-1).log().sum(-1)
    fit = (square * precision + 2 * moments.count * log_sigma).sum(-1)
    found: torch.Tensor = fit - half.square().sum(-1) + log_det
    return found


def _about(moments: Moments, phi: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return J'(y - J phi) and |y - J phi|^2 by endpoint."""
    product = torch.einsum("...epq,...q->...ep", moments.gram, phi)
    pull = moments.cross - product
    square = moments.square - ((moments.cross + pull) * phi.unsqueeze(-2)).sum(-1)
    return pull, square


def conditional_effects(
    theta: Theta, moments: Moments, design: Design
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random effects given the observations: mean and covariance of the linearised model.

    Args:
        theta: Population parameters of n_fits fits.
        moments: Leading shape (n_fits, n_subjects).
        design: Of the population model.

    Returns:
        Means (n_fits, n_subjects, n_varying), covariances (..., n_varying, n_varying).
    """
    precision = torch.exp(-2 * theta.log_sigma)
    pull, _ = _about(moments, design.typical(theta.beta))
    information = torch.einsum("biepq,be->bipq", moments.gram, precision)
    omega = theta.log_omega.exp().unsqueeze(1)
    v = torch.einsum("biep,be->bip", pull, precision)[..., design.varying] * omega
    inner = information[..., design.varying, :][..., design.varying]
    inner = inner * omega.unsqueeze(-1) * omega.unsqueeze(-2)
    lower = torch.linalg.cholesky(inner + torch.eye(omega.shape[-1], dtype=inner.dtype))
    mean = torch.cholesky_solve(v.unsqueeze(-1), lower).squeeze(-1) * omega
    inverse = torch.cholesky_inverse(lower)
    return mean, inverse * omega.unsqueeze(-1) * omega.unsqueeze(-2)


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best population parameters of several linearised fits.

    Args:
        theta: The parameters.
        value: -2 log likelihood without constants, shape (n_fits,).
    """

    theta: Theta
    value: torch.Tensor


def optimise(
    start: Theta, moments: Moments, weights: torch.Tensor, design: Design, steps: int = 30
) -> Optimum:
    """Return the optimum of several linearised fits by damped Newton steps.

    Args:
        start: Where to start.
        moments: Leading shape (n_fits, n_subjects).
        weights: Shape (n_fits, n_subjects).
        design: Of the population model.
        steps: At most.
    """
    objective = _Objective(moments, weights, design)
    flat = _bounded(start.flat, design)
    value = objective.values(flat)
    for _ in range(steps):
        gradient, hessian = objective.derivatives(flat)
        step = _newton_step(gradient, hessian)
        flat, new = _line_search(objective, flat, value, step)
        gain, value = (value - new).max(), new
        if gain < 1e-6 * max(1.0, float(value.abs().max()) * 1e-4):
            break
    return Optimum(theta_of(flat, design), value)


def information_of(
    theta: Theta, moments: Moments, weights: torch.Tensor, design: Design
) -> torch.Tensor:
    """Return the observed information of population parameters, shape (n_fits, n, n)."""
    return _Objective(moments, weights, design).derivatives(theta.flat)[1] / 2


def score_tests(
    theta: Theta, moments: Moments, weights: torch.Tensor, design: Design, n_tested: int
) -> torch.Tensor:
    """Return what freeing coefficients one at a time would take off -2 log likelihood (Rao).

    Args:
        theta: The optimum of one fit where the last ``n_tested`` coefficients are 0.
        moments: Leading shape (1, n_subjects).
        weights: Shape (1, n_subjects).
        design: With the columns that are tested at its end.
        n_tested: How many.

    Returns:
        Shape (n_tested,).
    """
    gradient, hessian = _Objective(moments, weights, design).derivatives(theta.flat)
    q = design.n_coefficients
    tested = torch.zeros(theta.flat.shape[-1], dtype=torch.bool)
    tested[q - n_tested : q] = True
    g, h = gradient[0], hessian[0]
    nuisance = h[~tested][:, ~tested]
    regular = nuisance + 1e-6 * torch.eye(len(nuisance), dtype=h.dtype)
    mixed = h[~tested][:, tested]
    explained = (mixed * torch.linalg.solve(regular, mixed)).sum(0)
    left = (torch.diagonal(h)[tested] - explained).clamp(min=1e-9)
    # -2 log likelihood has twice the derivatives of the log likelihood
    gains: torch.Tensor = g[tested].square() / left / 2
    return gains


class _Objective:
    """-2 log likelihoods of several fits with their derivatives."""

    def __init__(self, moments: Moments, weights: torch.Tensor, design: Design) -> None:
        parts = (moments.gram, moments.cross, moments.square, moments.count, weights)
        self.parts, self.design = parts, design

    def _one(
        self,
        flat: torch.Tensor,
        gram: torch.Tensor,
        cross: torch.Tensor,
        square: torch.Tensor,
        count: torch.Tensor,
        weights: torch.Tensor,
    ) -> torch.Tensor:
        moments = Moments(gram, cross, square, count)
        return minus_two_log_likelihood(flat, moments, weights, self.design)

    def values(self, flat: torch.Tensor) -> torch.Tensor:
        return torch.func.vmap(self._one)(flat, *self.parts)

    def derivatives(self, flat: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        load_forward_mode()
        gradient = torch.func.vmap(torch.func.grad(self._one))(flat, *self.parts)
        hessian = torch.func.vmap(torch.func.hessian(self._one))(flat, *self.parts)
        return gradient, hessian


def _newton_step(gradient: torch.Tensor, hessian: torch.Tensor) -> torch.Tensor:
    """Return a descent step: curvatures are taken as positive and not too small."""
    values, vectors = torch.linalg.eigh(hessian)
    curvature = values.abs().clamp(min=1e-2)
    along = (vectors.transpose(-1, -2) @ gradient.unsqueeze(-1)) / curvature.unsqueeze(-1)
    step = -(vectors @ along).squeeze(-1)
    longest = step.abs().amax(-1, keepdim=True)
    shortened: torch.Tensor = step * (MAX_STEP / longest.clamp(min=MAX_STEP))
    return shortened


def _line_search(
    objective: _Objective, flat: torch.Tensor, value: torch.Tensor, step: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the point after the longest halved step that is no worse, and its value."""
    size = torch.ones_like(value)
    for _ in range(HALVINGS):
        moved = _bounded(flat + size.unsqueeze(-1) * step, objective.design)
        new = objective.values(moved)
        worse = ~(new <= value)
        if not worse.any():
            return moved, new
        size = torch.where(worse, size / 4, size)
    keep = worse.unsqueeze(-1)
    return torch.where(keep, flat, moved), torch.where(worse, value, new)


def _bounded(flat: torch.Tensor, design: Design) -> torch.Tensor:
    q, m = design.n_coefficients, len(design.varying)
    bounded = flat.clone()
    bounded[:, q : q + m] = flat[:, q : q + m].clamp(SMALLEST, LARGEST)
    return bounded
