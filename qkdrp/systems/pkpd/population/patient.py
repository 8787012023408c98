"""The dose of one patient from a few samples, and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.data.trial import Subject, Trial
from qkdrp.systems.pkpd.dose.answer import Answer, find_doses
from qkdrp.systems.pkpd.dose.criterion import Criterion, Direction
from qkdrp.systems.pkpd.dose.grid import USUAL
from qkdrp.systems.pkpd.dose.population import Population as VirtualPopulation
from qkdrp.systems.pkpd.mechanism import (
    Curves,
    DosedByMechanism,
    Mechanistic,
    Schedule,
    Structure,
)
from qkdrp.systems.pkpd.population.individual import Individuals, random_effects
from qkdrp.systems.pkpd.population.material import covariate_columns
from qkdrp.systems.pkpd.population.panel import panel_of

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
"""Probabilities of meeting the target at the ends and the middle of the interval of the dose."""

BAND = (LOW, MIDDLE, HIGH)
"""Quantiles of the band of a patient's curves."""

N_DRAWN, N_TIMES = 1024, 400
"""Draws of a band, and points of a curve so far."""

N_DRAWS = 2048
"""Draws of a patient's parameters from what samples leave open."""


class PatientModel(DosedByMechanism):
    """What is known of one patient, as a population of whom the patient may be.

    Its random effects are normal about the most probable ones, with the covariance that samples
    leave (Laplace's approximation).

    Args:
        population: The population model.
        individuals: Random effects given the samples, of one patient.
    """

    covariates: tuple[str, ...] = ()

    def __init__(self, population: Mechanistic, individuals: Individuals) -> None:
        self.population, self.phi = population, individuals.phi[0]
        self.root = _root(individuals.covariance[0])

    @property
    def structure(self) -> Structure:
        """Return the mechanism."""
        return self.population.structure

    @property
    def omega(self) -> tuple[float, ...]:
        """Return deviations of 1: the covariance is in :meth:`log_parameters`."""
        return (1.0,) * len(self.phi)

    @property
    def sigma(self) -> Mapping[str, float]:
        """Return residual deviations."""
        found: Mapping[str, float] = self.population.sigma
        return found

    def log_parameters(self, covariates: Any, eta: Any = None) -> torch.Tensor:  # noqa: ANN401, ARG002
        """Return logarithmic parameters that the patient may have, (n, n_parameters).

        Args:
            covariates: None are needed.
            eta: Standard normal numbers, shape (n, n_parameters).
        """
        return self.phi[None] if eta is None else self.phi + eta @ self.root.T


def _root(covariance: torch.Tensor) -> torch.Tensor:
    """Return R with R R' the covariance, which has zeros where a parameter does not vary."""
    values, vectors = torch.linalg.eigh(covariance)
    root: torch.Tensor = vectors * values.clamp(min=0.0).sqrt()
    return root


@dataclass(frozen=True)
class PatientQuestion:
    """What is asked for a patient.

    Args:
        target: Of the biomarker.
        direction: On which side it must stay.
        interval: Hours between doses.
        certainty: With which probability the target must be met, 0 to 1.
        grid: Step of doses, mg; None for that of the run's trial.
    """

    target: float
    direction: Direction = "below"
    interval: float = 24.0
    certainty: float = 0.9
    grid: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0 < self.certainty < 1:
            raise ConfigError(f"certainty is between 0 and 1, not {self.certainty:g}.")
        Criterion(self.target, self.certainty, self.interval, self.direction)
        if self.grid is not None and not 0 < self.grid < float("inf"):
            raise ConfigError(f"grid is a number above 0, not {self.grid:g}.")


class PatientCurves(NamedTuple):
    """Curves of a patient.

    Args:
        so_far: Of the most probable parameters under the doses so far, shapes (n_times,).
        at_dose: Bands at the found dose and steady state, times (n_times,), others (3, n_times) at
            the quantiles :data:`BAND` of what the samples leave open.
    """

    so_far: Curves
    at_dose: Curves


@dataclass(frozen=True)
class PatientDose:
    """The dose of one patient.

    Args:
        subject: Id of the patient.
        n_samples: Samples that it rests on.
        answer: The smallest dose of the grid that meets the target with the asked certainty.
        low: Dose with which it is met with a probability of 5%; None where none is enough.
        middle: The same, 50%.
        high: The same, 95%: with ``low``, the 90% interval of the patient's own dose.
        parameters: Natural parameters (MAP) by name.
        curves: Of the patient, so far and at the dose.
    """

    subject: str
    n_samples: int
    answer: Answer
    low: float | None
    middle: float | None
    high: float | None
    parameters: Mapping[str, float]
    curves: PatientCurves = field(repr=False, compare=False)

    def __str__(self) -> str:
        """Return the dose in words."""
        found = self.answer.found
        every = f"every {self.answer.criterion.interval:g} h"
        where = f"subject {self.subject}, {self.n_samples} samples: "
        if found.dose is None:
            return f"{where}not reached up to {found.searched:g} mg {every}"
        low, middle, high = (
            "open" if each is None else f"{each:.3g}" for each in (self.low, self.middle, self.high)
        )
        return (
            f"{where}{found.dose:g} mg {every} meets the target with a probability of "
            f"{found.share:.2f}; the patient's own dose is {middle}, 90% interval {low} to {high}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "subject": self.subject,
            "n_samples": self.n_samples,
            "dose": self.answer.found.dose,
            "dose_exact": self.answer.found.exact,
            "probability": self.answer.found.share,
            "low": self.low,
            "middle": self.middle,
            "high": self.high,
            "certainty": self.answer.criterion.fraction,
            "target": self.answer.criterion.target,
            "direction": self.answer.criterion.direction,
            "interval_h": self.answer.criterion.interval,
            "parameters": dict(self.parameters),
        }


def patient_dose(
    population: Mechanistic,
    subject: Subject,
    trial: Trial,
    question: PatientQuestion,
    grid: float = USUAL,
) -> PatientDose:
    """Return the dose of one patient from its samples.

    Args:
        population: The fitted population model.
        subject: The patient: covariates, doses so far, samples.
        trial: What the patient's table was read as; gives the names of covariates.
        question: What the dose must achieve.
        grid: Step of doses where the question names none, mg.

    Raises:
        DataError: If a covariate of the model is missing.
        ConfigError: If the question is malformed.
    """
    names = [each.name for each in population.covariates]
    alone = trial.select([subject.id])
    typical = population.log_parameters(covariate_columns(alone, names))
    panel = panel_of(alone)
    found = random_effects(population.structure, panel, typical, population.omega, population.sigma)
    model = PatientModel(population, found)
    criteria = [
        Criterion(question.target, share, question.interval, question.direction)
        for share in (question.certainty, LOW, MIDDLE, HIGH)
    ]
    answer, *others = find_doses(
        model, VirtualPopulation({}, n_subjects=N_DRAWS), criteria, question.grid or grid
    )
    natural = population.structure.to_natural(found.phi[0])
    low, middle, high = (each.found.exact for each in others)
    return PatientDose(
        subject.id,
        int(panel.seen.sum()),
        answer,
        low,
        middle,
        high,
        parameters={name: float(value) for name, value in natural.items()},
        curves=_curves(model, subject, answer),
    )


@torch.no_grad()
def _curves(model: PatientModel, subject: Subject, answer: Answer) -> PatientCurves:
    """Return what a patient's samples lie on, and what the dose does."""
    normal = torch.from_numpy(np.random.default_rng(0).normal(size=(N_DRAWN, model.n_deviates)))
    drawn, most_probable = model.subjects({}, normal), model.subjects({})
    ends = [each.times[-1] for each in subject.observations.values() if len(each)]
    ends += [subject.doses.times[-1]] if len(subject.doses) else []
    times = torch.linspace(0, max([*map(float, ends), answer.criterion.interval]), N_TIMES)
    given = Schedule.padded([(subject.doses.times, subject.doses.amounts)])
    so_far = most_probable.courses(given, times.double()[None])
    interval, dose = answer.criterion.interval, answer.found.shown
    at_dose = drawn.interval(interval, refine=2).at(dose)
    levels = torch.tensor(BAND, dtype=torch.float64)
    bands = (torch.quantile(each, levels, dim=0) for each in at_dose[1:])
    return PatientCurves(
        Curves(times, so_far.concentration[0], so_far.biomarker[0]), Curves(at_dose.times, *bands)
    )
