"""Fitting a population model to a trial, from starting values to standard errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from qkdrp.systems.pkpd.data.trial import ENDPOINTS
from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.alternation import Batch, Fits, alternate
from qkdrp.systems.pkpd.population.marginal import Theta
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.model import PopulationModel
from qkdrp.systems.pkpd.population.selection import Decision, Selection
from qkdrp.systems.pkpd.population.specification import Specification
from qkdrp.systems.pkpd.population.starts import starts

START_OMEGA, START_SIGMA = 0.3, 0.3
"""Deviations between subjects and of residuals to start from."""

SCREENING = 3
"""Linearisations for each of the starting values before the best ones go on."""

FINALISTS = 1
"""Starting values that are fitted to the end."""

OnStage = Callable[[str], None]
"""Called with the name of what begins."""


def _ignore(*_: object) -> None:
    """Take no notice."""


@dataclass(frozen=True, eq=False)
class PopulationFit:
    """A population model fitted to a trial.

    Args:
        specification: Structure, effects and random effects.
        model: With the fitted numbers.
        theta: The same, as fitted, one fit.
        phi: Logarithmic parameters of each subject (MAP), shape (n_subjects, n_parameters).
        eta: Random effects of each subject (MAP), same shape; 0 for parameters without.
        spread: Deviation of each random effect given the observations, same shape.
        covariance: Of the estimated population parameters, shape (n, n).
        objective: -2 log likelihood by Laplace's approximation.
        n_subjects: Subjects.
        n_observations: Observations that count.
        decisions: How the specification was chosen.
        converged: Whether the fit came to rest.
    """

    specification: Specification
    model: PopulationModel
    theta: Theta
    phi: torch.Tensor
    eta: torch.Tensor
    spread: torch.Tensor
    covariance: torch.Tensor
    objective: float
    n_subjects: int
    n_observations: int
    decisions: tuple[Decision, ...]
    converged: bool

    @property
    def bic(self) -> float:
        """Return -2 log likelihood plus log(n_subjects) for each estimated parameter."""
        return self.objective + float(np.log(self.n_subjects)) * self.specification.n_estimated


def fit_population(
    material: Material,
    structure: Structure,
    *,
    select: bool = True,
    covariates: bool = True,
    on_stage: OnStage = _ignore,
) -> PopulationFit:
    """Fit a population model to a trial.

    Args:
        material: Subjects.
        structure: Of the mechanism.
        select: Whether random and covariate effects are chosen by the likelihood; otherwise every
            parameter varies and none depends on a covariate.
        covariates: Whether covariate effects beside allometry are among these.
        on_stage: Called with the name of what begins.
    """
    plain = Specification(structure, material.covariates, (), structure.parameters)
    on_stage("starting values")
    fits = _from_starts(material, plain)
    if not select:
        return _result(material, plain, fits, ())
    on_stage("covariates and variability")
    selection = Selection(fits.moments, material.values)
    chosen = selection.run(plain, fits.theta, covariates=covariates)
    fits = _fit(material, chosen.specification, chosen.theta, fits.phi)
    return _result(material, chosen.specification, fits, selection.decisions)


def _from_starts(material: Material, specification: Specification) -> Fits:
    """Fit from several starting values for a few rounds, and from the best ones to the end."""
    beta = starts(specification.structure, material.panel)
    fits = _fit(material, specification, _start(specification, beta), None, rounds=SCREENING)
    order = torch.argsort(fits.objective.nan_to_num(torch.inf))[:FINALISTS]
    theta = Theta(fits.theta.beta[order], fits.theta.log_omega[order], fits.theta.log_sigma[order])
    fits = _fit(material, specification, theta, fits.phi[order])
    return _take(fits, int(fits.objective.nan_to_num(torch.inf).argmin()))


def _start(specification: Specification, beta: torch.Tensor) -> Theta:
    n = len(beta)
    return Theta(
        torch.cat([beta, beta.new_zeros(n, len(specification.estimated))], dim=1),
        beta.new_full((n, len(specification.varying)), float(np.log(START_OMEGA))),
        beta.new_full((n, len(ENDPOINTS)), float(np.log(START_SIGMA))),
    )


def _fit(
    material: Material,
    specification: Specification,
    theta: Theta,
    phi: torch.Tensor | None,
    rounds: int = 30,
) -> Fits:
    n_subjects = len(material.panel)
    batch = Batch(
        specification.structure,
        material.panel,
        torch.ones(len(theta.beta), n_subjects, dtype=torch.float64),
        specification.design(material.values, n_subjects),
    )
    return alternate(batch, theta, phi, rounds=rounds)


def _take(fits: Fits, place: int) -> Fits:
    one = slice(place, place + 1)
    theta = fits.theta
    moments = type(fits.moments)(
        fits.moments.gram[one], fits.moments.cross[one], fits.moments.square[one],
        fits.moments.count[one],
    )  # fmt: skip
    return replace(
        fits,
        theta=Theta(theta.beta[one], theta.log_omega[one], theta.log_sigma[one]),
        phi=fits.phi[one],
        effects=fits.effects[one],
        spread=fits.spread[one],
        objective=fits.objective[one],
        information=None if fits.information is None else fits.information[one],
        moments=moments,
        change=fits.change[one],
    )


def model_of(specification: Specification, theta: Theta, place: int = 0) -> PopulationModel:
    """Return the population model of one of several fits."""
    names = specification.structure.parameters
    beta = theta.beta[place].tolist()
    fitted = iter(beta[len(names) :])
    effects = tuple(
        replace(each, coefficient=next(fitted)) if each.estimated else each
        for each in specification.effects
    )
    deviations = dict(
        zip(specification.varying, theta.log_omega[place].exp().tolist(), strict=True)
    )
    return PopulationModel(
        specification.structure,
        specification.covariates,
        effects,
        tuple(beta[: len(names)]),
        tuple(deviations.get(name, 0.0) for name in names),
        dict(zip(ENDPOINTS, theta.log_sigma[place].exp().tolist(), strict=True)),
    )


def _result(
    material: Material, specification: Specification, fits: Fits, decisions: Sequence[Decision]
) -> PopulationFit:
    n = len(specification.structure.parameters)
    design = specification.design(material.values, len(material.panel))
    eta = torch.zeros(len(material.panel), n, dtype=torch.float64)
    spread = torch.zeros_like(eta)
    eta[:, design.varying] = fits.effects[0]
    spread[:, design.varying] = torch.diagonal(fits.spread[0], dim1=-2, dim2=-1).sqrt()
    return PopulationFit(
        specification,
        model_of(specification, fits.theta),
        fits.theta,
        fits.phi[0],
        eta,
        spread,
        _inverse(fits.information),
        float(fits.objective[0]),
        len(material.panel),
        int(material.panel.seen.sum()),
        tuple(decisions),
        bool(fits.change[0] < 0.05),
    )


def _inverse(information: torch.Tensor | None) -> torch.Tensor:
    """Return the covariance of the population parameters of the only fit."""
    if information is None:
        raise ValueError("population parameters were not fitted, so they have no covariance")
    covariance: torch.Tensor = torch.linalg.pinv(information[0], hermitian=True)
    return covariance
