"""The virtual population: covariates, deviations between subjects and errors of measurement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import norm, qmc

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.dose.distributions import Distribution, Regression
from qkdrp.systems.pkpd.dose.model import (
    BASELINE,
    DoseModel,
    VirtualSubjects,
    covariate_names,
)

Reals = NDArray[np.float64]

N_SUBJECTS = 16384
"""Virtual subjects of an answer; the share of 90% then has an error of at most 0.24%."""

EMPIRICAL, TRIAL = "empirical", "trial"
"""Words for a population that is drawn from the trial's subjects, or is these subjects."""


class Subjects(NamedTuple):
    """Virtual subjects: covariates by name, (n,) each; their courses; noise, (n,).

    ``noise`` is the standard normal deviation of a measurement.
    """

    covariates: Mapping[str, Reals]
    courses: VirtualSubjects
    noise: torch.Tensor


@dataclass(frozen=True)
class Population:
    """Whom the dose is for.

    Points are those of a scrambled Sobol sequence. Their coordinates belong to covariates, to
    parameters, to the error and to the baseline, in this order: doses, schedules, scenarios and
    models that are compared see the same subjects (common random numbers).

    Args:
        covariates: Distribution of each covariate, by its name; covariates are independent.
        n_subjects: How many subjects; rounded up to a power of 2.
        seed: Of the scrambling.
        observed: Covariates of the subjects of a trial, (n,) each. With these, whole subjects are
            drawn from the trial: a distribution that is a value keeps the subjects with it, a
            uniform one maps the trial's range onto its own, and others replace the column.
        each_once: Whether each of these subjects is there once, in place of draws; their number is
            that of the population then.
        baseline: How the baseline of the biomarker depends on the covariates, where it is not one
            of them and a model asks for it.

    Raises:
        ConfigError: If no subject of the trial has a value that is asked for.
    """

    covariates: Mapping[str, Distribution]
    n_subjects: int = N_SUBJECTS
    seed: int = 0
    observed: Mapping[str, Reals] | None = field(default=None, compare=False)
    baseline: Regression | None = None
    each_once: bool = False

    def __post_init__(self) -> None:
        """Round the number of subjects up, and check it."""
        if self.n_subjects < 1:
            raise ConfigError(f"a population has 1 subject or more, not {self.n_subjects}.")
        object.__setattr__(self, "covariates", MappingProxyType(dict(self.covariates)))
        n = len(self._kept()) if self.each_once else 2 ** int(np.ceil(np.log2(self.n_subjects)))
        object.__setattr__(self, "n_subjects", n)

    def draw(self, model: DoseModel) -> Subjects:
        """Return virtual subjects of a model.

        Raises:
            ConfigError: If the model needs a covariate that has no distribution here, or cannot
                take its values.
        """
        known = [*self.covariates, *([BASELINE] if self.baseline else [])]
        missing = [name for name in covariate_names(model) if name not in known]
        if missing:
            raise ConfigError(
                f"the model depends on {', '.join(missing)}, and the population says nothing of "
                f"it: give {missing[0].lower()}=VALUES."
            )
        names = list(self.covariates)
        points = self._points(len(names) + model.n_deviates + 2)
        covariates = self._covariates(names, points)
        if self.baseline is not None:
            covariates[BASELINE] = self.baseline.quantile(points[:, -1], covariates)
        normal = torch.from_numpy(norm.ppf(points[:, len(names) : -1]))
        courses = model.subjects(covariates, normal[:, :-1])
        if not courses.finite:
            raise ConfigError(
                f"the model cannot take some covariates of {self}: body weights and the like must "
                "be above 0."
            )
        return Subjects(covariates, courses, normal[:, -1])

    def _points(self, dimension: int) -> Reals:
        sobol = qmc.Sobol(dimension, scramble=True, seed=self.seed)
        points = sobol.random_base2(int(np.ceil(np.log2(self.n_subjects))))[: self.n_subjects]
        clipped: Reals = np.clip(points, 1e-12, 1 - 1e-12)
        return clipped

    def _covariates(self, names: Sequence[str], points: Reals) -> dict[str, Reals]:
        if self.observed is None:
            return {
                name: self.covariates[name].quantile(points[:, place])
                for place, name in enumerate(names)
            }
        kept = self._kept()
        subject = kept if self.each_once else kept[(points[:, 0] * len(kept)).astype(int)]
        found = {}
        for place, name in enumerate(names):
            values, wanted = self.observed[name], self.covariates[name]
            if wanted.kind == "uniform":
                found[name] = np.interp(
                    values[subject], [values.min(), values.max()], wanted.numbers
                )
            elif wanted.kind in ("value", "share"):
                found[name] = values[subject]
            else:
                found[name] = wanted.quantile(points[:, place])
        return found

    def _kept(self) -> NDArray[np.int64]:
        """Return the places of the trial's subjects that have the values asked for."""
        observed = self.observed or {}
        keep = np.ones(len(next(iter(observed.values()))), dtype=bool)
        for name, wanted in self.covariates.items():
            if wanted.kind == "value":
                keep &= observed[name] == wanted.numbers[0]
        if not keep.any():
            raise ConfigError(f"no subject of the trial is like {self}: leave out {self._drawn}.")
        return np.flatnonzero(keep)

    def __str__(self) -> str:
        """Return the words of the population, such as ``BW=uniform:50,100 COMED=share:0.5``."""
        words = " ".join(f"{name}={values}" for name, values in self.covariates.items())
        return words if self.observed is None else f"{self._drawn} {words}".strip()

    @property
    def _drawn(self) -> str:
        return TRIAL if self.each_once else EMPIRICAL

    @classmethod
    def of_trial(
        cls, observed: Mapping[str, Reals], words: Sequence[str] = (), **settings: int
    ) -> "Population":
        """Return the population of words such as ``bw=uniform:70,140`` and ``comed=0``.

        Args:
            observed: Covariates of the subjects of the trial, (n,) each: what no word says is like
                them. The word ``empirical`` draws whole subjects from them, ``trial`` takes each
                of them once.
            words: See above; names are case-blind.
            settings: ``n_subjects`` and ``seed``.

        Raises:
            ConfigError: For a word that is none, an unknown covariate, or one that is there twice.
        """
        said = {word.casefold() for word in words} & {EMPIRICAL, TRIAL}
        chosen = [word for word in words if word.casefold() not in said]
        if len(said) > 1:
            raise ConfigError("the population is empirical or trial, not both: leave one out.")
        if said and not observed:
            raise ConfigError(f"the trial has no covariates: leave out {', '.join(said)}.")
        given = _read(chosen, list(observed))
        spread = {
            name: given[name] if name in given else Distribution.like(values)
            for name, values in observed.items()
        }
        baseline = None
        if BASELINE in observed and BASELINE not in given and not said:
            del spread[BASELINE]
            others = {name: values for name, values in observed.items() if name != BASELINE}
            baseline = Regression.fit(observed[BASELINE], others)
        drawn, once = dict(observed) if said else None, TRIAL in said
        return cls(spread, observed=drawn, baseline=baseline, each_once=once, **settings)


def _read(words: Sequence[str], known: Sequence[str]) -> dict[str, Distribution]:
    """Return the distributions of words such as ``bw=uniform:70,140``, by the name of known ones.

    Raises:
        ConfigError: For a word that is none, an unknown covariate, or one that is there twice.
    """
    names = {name.casefold(): name for name in known}
    given: dict[str, Distribution] = {}
    for word in words:
        text, equals, values = word.partition("=")
        name = names.get(text.strip().casefold())
        if not equals or name is None:
            raise ConfigError(
                f"found {word!r} in the population, expected NAME=VALUES with a name of "
                f"{', '.join(known) or 'no covariate: the model has none'}, empirical or trial."
            )
        if name in given:
            raise ConfigError(f"the population says twice what {name} is: leave one out.")
        given[name] = Distribution.parse(values)
    return given
