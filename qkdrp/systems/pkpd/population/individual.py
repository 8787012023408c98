"""Parameters of one subject from its samples: the most probable random effects (MAP)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Subject, Trial
from qkdrp.systems.pkpd.data.units import Units
from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.alternation import Batch, alternate
from qkdrp.systems.pkpd.population.marginal import Design, Theta
from qkdrp.systems.pkpd.population.material import covariate_columns
from qkdrp.systems.pkpd.population.model import PopulationModel
from qkdrp.systems.pkpd.population.panel import Panel, panel_of


@dataclass(frozen=True, eq=False)
class Individuals:
    """Random effects of subjects given their observations.

    Args:
        phi: Logarithmic parameters (MAP), shape (n_subjects, n_parameters).
        eta: Random effects (MAP), same shape; 0 for parameters that do not vary.
        covariance: Of eta by Laplace's approximation, (n_subjects, n_parameters, n_parameters).
    """

    phi: torch.Tensor
    eta: torch.Tensor
    covariance: torch.Tensor


def random_effects(
    structure: Structure,
    panel: Panel,
    typical: torch.Tensor,
    omega: Sequence[float],
    sigma: Mapping[str, float],
) -> Individuals:
    """Return the most probable random effects of subjects.

    Args:
        structure: Of the mechanism.
        panel: Observations; a subject without any gets 0.
        typical: Logarithmic parameters of typical subjects with the same covariates.
        omega: Deviation of each parameter between subjects, 0 for none.
        sigma: Residual deviation by endpoint.
    """
    n, p = typical.shape
    deviations = torch.as_tensor(omega, dtype=torch.float64)
    varying = torch.nonzero(deviations > 0).flatten()
    eta, covariance = torch.zeros(n, p, dtype=torch.float64), typical.new_zeros(n, p, p)
    if not len(varying) or not n:
        return Individuals(typical, eta, covariance)
    nothing = typical.new_zeros(0)
    design = Design(typical.new_zeros(n, p, 0), typical, varying, nothing, nothing)
    residual = torch.tensor([[sigma[name] for name in ENDPOINTS]], dtype=torch.float64)
    theta = Theta(typical.new_zeros(1, 0), deviations[varying].log()[None], residual.log())
    batch = Batch(structure, panel, typical.new_ones(1, n), design)
    fits = alternate(batch, theta, fixed=True)
    eta[:, varying] = fits.effects[0]
    covariance[:, varying[:, None], varying] = fits.spread[0]
    return Individuals(typical + eta, eta, covariance)


def individual_parameters(model: PopulationModel, subject: Subject) -> Individuals:
    """Return the most probable parameters of one subject from its samples.

    Args:
        model: The population model.
        subject: With covariates, doses and the samples, however few.

    Raises:
        DataError: If a covariate of the model is missing.
    """
    trial = Trial((subject,), tuple(subject.covariates), Units(), subject.id, synthetic=False)
    columns = covariate_columns(trial, [each.name for each in model.covariates])
    typical = model.log_parameters(columns)
    return random_effects(model.structure, panel_of(trial), typical, model.omega, model.sigma)
