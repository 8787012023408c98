"""Covariates of a population model: their scale, and which parameter depends on which."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.dose.model import BASELINE

BODY_WEIGHT = "BW"
"""The covariate that allometry scales by, after aliases."""

REFERENCE_WEIGHT = 70.0
"""Kilograms of the reference subject, the convention of the field."""

ALLOMETRY: Mapping[str, float] = {"CL": 0.75, "Q": 0.75, "V": 1.0, "V2": 1.0}
"""Exponents of body weight by theory, for clearances and volumes."""

UNEXPLAINED = frozenset({"ka", "Q", "V2", "hill"})
"""Parameters that no estimated effect is sought for: a trial tells too little of them."""

CONTINUOUS_FROM = 3
"""Distinct values from which a positive covariate acts as a power law."""


@dataclass(frozen=True)
class Covariate:
    """A covariate and the scale on which it acts.

    Args:
        name: As in the trial.
        logarithmic: Whether it acts as a power law, (x / reference)^coefficient; else as
            exp(coefficient * (x - reference)).
        reference: The value without effect.
    """

    name: str
    logarithmic: bool
    reference: float

    def transform(self, values: ArrayLike) -> torch.Tensor:
        """Return z, which coefficients multiply.

        Raises:
            DataError: If a value is missing, or not positive where its logarithm is taken.
        """
        x = torch.as_tensor(np.asarray(values, dtype=np.float64))
        if not torch.isfinite(x).all() or (self.logarithmic and not (x > 0).all()):
            kind = "positive numbers" if self.logarithmic else "finite numbers"
            wrong = float(x[~torch.isfinite(x) | (x <= 0)][0])
            raise DataError(f"found {wrong:g} as covariate {self.name!r}, expected {kind}.")
        return torch.log(x / self.reference) if self.logarithmic else x - self.reference


def covariate_of(name: str, values: ArrayLike) -> Covariate:
    """Return the scale of a covariate, from its values in a trial.

    Positive covariates of three or more values act as power laws about their geometric mean, body
    weight about 70 kg. Covariates of two values act against the smaller one, others about the mean.

    Args:
        name: Of the covariate.
        values: Shape (n_subjects,).
    """
    x = np.asarray(values, dtype=np.float64)
    distinct = np.unique(x)
    if name == BASELINE:
        return Covariate(name, logarithmic=False, reference=float(x.mean()))
    if len(distinct) < CONTINUOUS_FROM:
        return Covariate(name, logarithmic=False, reference=float(distinct[0]))
    if (x <= 0).any():
        return Covariate(name, logarithmic=False, reference=float(x.mean()))
    reference = float(np.exp(np.log(x).mean()))
    return Covariate(name, True, REFERENCE_WEIGHT if name == BODY_WEIGHT else reference)


@dataclass(frozen=True)
class Effect:
    """The effect of a covariate on a logarithmic parameter.

    Args:
        parameter: Name of the parameter.
        covariate: Name of the covariate.
        coefficient: Exponent, or change of the logarithm for one unit.
        estimated: Whether it was fitted; otherwise it is fixed, as in allometry.
    """

    parameter: str
    covariate: str
    coefficient: float = 0.0
    estimated: bool = True


def allometric(parameters: Sequence[str], covariates: Sequence[Covariate]) -> tuple[Effect, ...]:
    """Return the fixed effects of body weight; none where the trial has no weights."""
    if not any(each.name == BODY_WEIGHT for each in covariates):
        return ()
    return tuple(
        Effect(name, BODY_WEIGHT, ALLOMETRY[name], estimated=False)
        for name in parameters
        if name in ALLOMETRY
    )


def candidates(parameters: Sequence[str], covariates: Sequence[Covariate]) -> tuple[Effect, ...]:
    """Return the effects that a likelihood decides on.

    The baseline of the biomarker is offered to R0 alone: elsewhere it spoils the concentration.
    """
    return tuple(
        Effect(parameter, covariate.name)
        for covariate in covariates
        for parameter in parameters
        if parameter not in UNEXPLAINED and (covariate.name != BASELINE or parameter == "R0")
    )


def constant(values: ArrayLike) -> bool:
    """Return whether a covariate tells subjects apart not at all."""
    x = np.asarray(values, dtype=np.float64)
    return bool(math.isclose(float(x.min()), float(x.max())))
