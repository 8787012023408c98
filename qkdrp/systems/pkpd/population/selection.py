"""Which parameters vary between subjects and which depend on covariates: the likelihood decides.

A random effect is judged at the 5% level: it stays where dropping it costs more than 2.71, half a
chi-squared, since a variance is not negative. A covariate effect enters where it lowers BIC with
the number of subjects, the criterion that structures are compared by. Delattre, Lavielle and
Poursat (Electronic Journal of Statistics 8, 456, 2014) derive this penalty for covariates of
parameters that vary between subjects. With 47 subjects it is the 5% level of a test; more subjects
ask for more. Decisions use the likelihood linearised at the subjects' own parameters, which needs
no curve to be computed again.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from qkdrp.systems.pkpd.population.covariates import Effect, allometric, candidates
from qkdrp.systems.pkpd.population.marginal import Theta, optimise, score_tests
from qkdrp.systems.pkpd.population.moments import Moments
from qkdrp.systems.pkpd.population.specification import Specification

RANDOM_EFFECT = 2.71
"""Loss of -2 log likelihood at which a random effect is kept."""

MOST_EFFECTS = 12
"""Covariate effects that are taken in at most."""


@dataclass(frozen=True)
class Decision:
    """One step of the selection.

    Args:
        what: What was tried, in words.
        change: Change of -2 log likelihood.
        taken: Whether it was done.
    """

    what: str
    change: float
    taken: bool


@dataclass(frozen=True, eq=False)
class Linearised:
    """A linearised fit of a specification, from which neighbours are judged.

    Args:
        specification: What was fitted.
        theta: Its optimum, one fit.
        value: -2 log likelihood without constants.
    """

    specification: Specification
    theta: Theta
    value: float


class Selection:
    """Searches specifications on the moments of one fit.

    Args:
        moments: Leading shape (1, n_subjects).
        values: z of each covariate, shape (n_subjects,).
    """

    def __init__(self, moments: Moments, values: Mapping[str, torch.Tensor]) -> None:
        self.moments, self.values = moments, values
        self.n_subjects = moments.square.shape[1]
        self.weights = torch.ones(1, self.n_subjects, dtype=torch.float64)
        self.penalty = math.log(self.n_subjects)
        """Gain of -2 log likelihood above which a covariate effect lowers BIC."""
        self.decisions: list[Decision] = []

    def fit(self, specification: Specification, start: Theta) -> Linearised:
        """Fit a specification to the moments."""
        design = specification.design(self.values, self.n_subjects)
        found = optimise(start, self.moments, self.weights, design)
        return Linearised(specification, found.theta, float(found.value))

    def run(
        self, specification: Specification, theta: Theta, *, covariates: bool = True
    ) -> Linearised:
        """Choose allometry, random effects and covariate effects.

        Args:
            specification: To start from, without covariate effects.
            theta: Its optimum.
            covariates: Whether covariate effects are sought for, beside allometry.
        """
        found = self._allometry(self.fit(specification, theta))
        if not covariates:
            return self._random_effects(found)
        found = self._covariates(found)
        found = self._random_effects(found)
        return self._covariates(found)

    def _allometry(self, plain: Linearised) -> Linearised:
        names = plain.specification.structure.parameters
        effects = allometric(names, plain.specification.covariates)
        if not effects:
            return plain
        scaled = self.fit(replace(plain.specification, effects=effects), plain.theta)
        better = scaled.value <= plain.value
        self._note("allometry of clearances (0.75) and volumes (1)", plain, scaled, better)
        return scaled if better else plain

    def _random_effects(self, found: Linearised) -> Linearised:
        """Drop random effects, the smallest first, while that costs little."""
        kept: set[str] = set()
        while len(found.specification.varying) > 1:
            order = torch.argsort(found.theta.log_omega[0]).tolist()
            names = found.specification.varying
            place = next((k for k in order if names[k] not in kept), None)
            if place is None:
                break
            less = self._without(found, place)
            dropped = less.value - found.value < RANDOM_EFFECT
            self._note(f"no variability of {names[place]}", found, less, dropped)
            if dropped:
                found = less
            else:
                kept.add(names[place])
        return found

    def _without(self, found: Linearised, place: int) -> Linearised:
        names = found.specification.varying
        others = [k for k in range(len(names)) if k != place]
        specification = replace(found.specification, varying=tuple(names[k] for k in others))
        theta = replace(found.theta, log_omega=found.theta.log_omega[:, others])
        return self.fit(specification, theta)

    def _covariates(self, found: Linearised) -> Linearised:
        """Take in covariate effects, the most significant first."""
        while len(found.specification.estimated) < MOST_EFFECTS:
            effect = self._most_significant(found)
            if effect is None:
                break
            beta = torch.cat([found.theta.beta, found.theta.beta.new_zeros(1, 1)], dim=1)
            more = self.fit(
                found.specification.with_effect(effect), replace(found.theta, beta=beta)
            )
            taken = found.value - more.value > self.penalty
            self._note(f"{effect.covariate} on {effect.parameter}", found, more, taken)
            if not taken:
                break
            found = more
        return found

    def _most_significant(self, found: Linearised) -> Effect | None:
        specification = found.specification
        have = {(each.parameter, each.covariate) for each in specification.estimated}
        new = [
            each
            for each in candidates(specification.structure.parameters, specification.covariates)
            if (each.parameter, each.covariate) not in have
        ]
        if not new:
            return None
        full = replace(specification, effects=(*specification.effects, *new))
        beta = torch.cat([found.theta.beta, found.theta.beta.new_zeros(1, len(new))], dim=1)
        gains = score_tests(
            replace(found.theta, beta=beta),
            self.moments,
            self.weights,
            full.design(self.values, self.n_subjects),
            len(new),
        )
        best = int(gains.argmax())
        return new[best] if float(gains[best]) > self.penalty / 2 else None

    def _note(self, what: str, old: Linearised, new: Linearised, taken: bool) -> None:
        self.decisions.append(Decision(what, new.value - old.value, taken))
