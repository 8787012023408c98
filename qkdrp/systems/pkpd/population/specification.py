"""What a population model consists of before its numbers are known, and the design it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.covariates import Covariate, Effect
from qkdrp.systems.pkpd.population.marginal import Design

PRIORS: Mapping[str, tuple[float, float]] = {"Imax": (1.0, 1.5), "Emax": (1.0, 1.5)}
"""Weak priors, mean and deviation on the scale of the fit, where data often have a flat ridge."""


@dataclass(frozen=True)
class Specification:
    """Structure, covariate effects and random effects of a population model.

    Args:
        structure: Of the mechanism.
        covariates: Those that some effect uses, with their scales.
        effects: Which parameter depends on which covariate.
        varying: Names of the parameters with a random effect, in the order of the structure.
    """

    structure: Structure
    covariates: tuple[Covariate, ...]
    effects: tuple[Effect, ...]
    varying: tuple[str, ...]

    @property
    def estimated(self) -> tuple[Effect, ...]:
        """Return the effects that are fitted."""
        return tuple(each for each in self.effects if each.estimated)

    @property
    def n_estimated(self) -> int:
        """Return the number of fitted population parameters, residual errors included."""
        return len(self.structure.parameters) + len(self.estimated) + len(self.varying) + 2

    def with_effect(self, effect: Effect) -> "Specification":
        """Return it with one effect more."""
        return replace(self, effects=(*self.effects, effect))

    def without_effect(self, effect: Effect) -> "Specification":
        """Return it with one effect less."""
        return replace(self, effects=tuple(each for each in self.effects if each != effect))

    def design(self, values: Mapping[str, torch.Tensor], n_subjects: int) -> Design:
        """Return the design for subjects.

        Args:
            values: z of each covariate, see :meth:`Covariate.transform`, shape (n_subjects,).
            n_subjects: How many there are.
        """
        names = self.structure.parameters
        estimated = self.estimated
        n, q = len(names), len(names) + len(estimated)
        matrix = torch.zeros(n_subjects, n, q, dtype=torch.float64)
        matrix[:, range(n), range(n)] = 1.0
        for column, effect in enumerate(estimated, start=n):
            matrix[:, names.index(effect.parameter), column] = values[effect.covariate]
        offset = torch.zeros(n_subjects, n, dtype=torch.float64)
        for effect in self.effects:
            if not effect.estimated:
                place = names.index(effect.parameter)
                offset[:, place] += effect.coefficient * values[effect.covariate]
        mean, precision = torch.zeros(2, q, dtype=torch.float64)
        for place, name in enumerate(names):
            if name in PRIORS:
                mean[place], deviation = PRIORS[name]
                precision[place] = deviation**-2
        varying = torch.tensor([names.index(name) for name in self.varying], dtype=torch.int64)
        return Design(matrix, offset, varying, mean, precision)
