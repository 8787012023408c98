"""A question about a dose, and everything that its answer shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.common.errors import ConfigError
from qkdrp.common.progress import tell_progress
from qkdrp.systems.pkpd.dose.answer import (
    DISCLAIMER,
    Answer,
    find_dose,
    find_doses,
    with_refits,
)
from qkdrp.systems.pkpd.dose.checks import (
    DAY,
    Check,
    check_covariate,
    check_fractions,
    check_intervals,
    check_monotone,
    check_population,
    check_range,
    check_reached,
    check_support,
    check_trial,
)
from qkdrp.systems.pkpd.dose.criterion import Criterion, Responses
from qkdrp.systems.pkpd.dose.distributions import Distribution
from qkdrp.systems.pkpd.dose.grid import grid_of
from qkdrp.systems.pkpd.dose.loading import Loading, loading_of
from qkdrp.systems.pkpd.dose.model import DoseModel, DoseSource, HasMechanism, covariate_names
from qkdrp.systems.pkpd.dose.population import N_SUBJECTS, TRIAL, Population, Subjects
from qkdrp.systems.pkpd.dose.search import Caps
from qkdrp.systems.pkpd.dose.shortcuts import NO_SHORTCUTS, Shortcuts
from qkdrp.systems.pkpd.dose.trial_check import LevelCount, level_counts
from qkdrp.systems.pkpd.mechanism import Curves

N_SUBJECTS_OF_REFITS = 4096
"""Virtual subjects of each refit: what they add to the interval is far below its width."""

N_SCANNED = 13
"""Doses at which the share is computed for the figure and the check of its rise."""

N_DRAWN = 4096
"""Virtual subjects that the bands of curves are taken over."""

USUAL_STEPS = 2
"""Into how many parts a step of the grid is cut for bands."""

SMOOTH = 8
"""Into how many parts a step of the grid is cut for a curve that is drawn by itself."""

BAND = (0.05, 0.5, 0.95)
"""Quantiles of the bands."""

REFERENCE_FRACTION = 0.75
"""Fraction whose dose is shown beside that of a higher one."""

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """What is asked of a dose.

    Args:
        criterion: What it must achieve.
        grid: Step of doses, mg; None for that of :func:`~qkdrp.systems.pkpd.dose.grid.grid_of`.
        words: The population, such as ``bw=uniform:70,140``; empty for that of the trial.
        cmax: Upper limit of the concentration, mg/L, whose share above it is told; None for none.
        loading: Whether to find the loading dose and the time to steady state.
        n_subjects: Virtual subjects.
        seed: Of the population.
        shortcuts: Of a published optimiser; none by default.
    """

    criterion: Criterion
    grid: float | None = None
    words: tuple[str, ...] = ()
    cmax: float | None = None
    loading: bool = False
    n_subjects: int = N_SUBJECTS
    seed: int = 0
    shortcuts: Shortcuts = NO_SHORTCUTS

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, value in (("grid", self.grid), ("cmax", self.cmax)):
            if value is not None and not 0 < value < float("inf"):
                raise ConfigError(f"{name} is a number above 0, not {value:g}.")


@dataclass(frozen=True, eq=False)
class Outcome:
    """The answer to a question, with what a reader needs to judge it.

    Args:
        source: Model and trial.
        question: What was asked.
        answer: The dose, its share and its interval.
        lower: The answer for the lower fraction that is shown beside it.
        doses: Doses of the curve of shares, mg, shape (n_doses,).
        shares: Share at each.
        steady: Bands at the dose: times (n_times,), concentrations and biomarkers (3, n_times) at
            the quantiles :data:`BAND`.
        typical: Curves of the typical subject at the dose, shapes (n_times,).
        above_cmax: Share of subjects above ``cmax``; None where none was given.
        loading: The way to steady state, where it was asked for.
        counts: The trial's own counts against the model's.
        checks: What was looked at.
    """

    source: DoseSource
    question: Question
    answer: Answer
    lower: Answer
    doses: Reals
    shares: Reals
    steady: Curves
    typical: Curves
    above_cmax: float | None
    loading: Loading | None
    counts: Sequence[LevelCount]
    checks: Sequence[Check] = field(default=())

    @property
    def warnings(self) -> list[str]:
        """Words of the checks that did not pass."""
        return [check.words for check in self.checks if not check.passed]

    def to_json(self) -> dict[str, Any]:
        """Return what ``dose.json`` holds."""
        trial = self.source.trial
        return {
            **self.answer.to_json(),
            "dose_lower_fraction": self.lower.to_json(),
            "model": {"name": self.source.title, **self.source.model.facts()},
            "trial": {"provenance": trial.provenance, "n_subjects": len(trial),
                      "synthetic": trial.synthetic},
            "shortcuts": self.question.shortcuts.taken,
            "notes": list(self.source.notes),
            "cmax": self.question.cmax,
            "share_above_cmax": self.above_cmax,
            "loading": None if self.loading is None else self.loading.to_json(),
            "checks": [
                {"name": each.name, "passed": each.passed, "words": each.words}
                for each in self.checks
            ],
            "disclaimer": DISCLAIMER,
        }  # fmt: skip


def answer_question(source: DoseSource, question: Question) -> Outcome:
    """Find the dose, its interval over refits, and all that is shown beside it.

    Args:
        source: A fitted model, its trial and its refits.
        question: What is asked.

    Raises:
        ConfigError: If the population does not fit the model.
    """
    if question.loading and not isinstance(source.model, HasMechanism):
        raise ConfigError(
            f"the model {source.title} knows no proportion between dose and concentration, which "
            "a loading dose rests on: leave out --loading."
        )
    source, question = _with_shortcuts(source, question)
    population = Population.of_trial(
        source.observed(), question.words, n_subjects=question.n_subjects, seed=question.seed
    )
    criteria = [question.criterion, _lower(question.criterion)]
    caps = question.shortcuts.ends(question.criterion.interval)
    grid = question.grid or (grid_of(source.trial) if caps is None else caps.grid)
    _tell(0)
    answers = find_doses(source.model, population, criteria, grid, caps)
    _tell(1)
    refits = _refit_answers(source.refits, population, criteria, grid, caps)
    answer, lower = with_refits(answers, refits, source.no_refits)
    subjects = population.draw(source.model)
    responses = Responses(source.model, subjects, question.criterion)
    dose = answer.found.shown
    doses, shares = scan(responses, answer)
    _tell(2)
    counts = level_counts(source, question.criterion, question.seed)
    above = None if question.cmax is None else responses.share_above(dose, question.cmax)
    interval = question.criterion.interval
    loading = None
    if question.loading and dose > 0:
        loading = loading_of(subjects, dose, interval)
    outcome = Outcome(
        source, question, answer, lower, doses, shares,
        _bands(subjects, dose, question.criterion),
        _typical(source.model, population, dose, question.criterion),
        above, loading, counts,
    )  # fmt: skip
    _tell(3)
    outcome = replace(outcome, checks=_checks(outcome))
    _tell(N_PARTS)
    return outcome


N_PARTS = 4
"""Parts of an answer whose end is told: the doses, the curve of shares, figures, checks."""


def _tell(done: int) -> None:
    tell_progress("parts of the answer", done, N_PARTS)


def _with_shortcuts(source: DoseSource, question: Question) -> tuple[DoseSource, Question]:
    """Return model and question with the shortcuts that were asked for."""
    chosen = question.shortcuts
    return chosen.source(source), replace(
        question, criterion=chosen.asked(question.criterion), words=chosen.words(question.words)
    )


def scan(responses: Responses, answer: Answer) -> tuple[Reals, Reals]:
    """Return doses up to twice the answer, mg, and the share at each, shapes (n_doses,)."""
    doses = np.linspace(0, 2 * max(answer.found.shown, answer.grid), N_SCANNED)
    return doses, np.array([responses.share(float(each)) for each in doses])


def _lower(criterion: Criterion) -> Criterion:
    fraction = criterion.fraction
    lower = REFERENCE_FRACTION if fraction > REFERENCE_FRACTION else fraction / 2
    return replace(criterion, fraction=lower)


def _refit_answers(
    refits: Sequence[DoseModel],
    population: Population,
    criteria: Sequence[Criterion],
    grid: float,
    caps: Caps | None,
) -> list[list[Answer]]:
    """Return the answers of refits; fewer virtual subjects do."""
    fewer = replace(population, n_subjects=min(N_SUBJECTS_OF_REFITS, population.n_subjects))
    found = []
    for number, model in enumerate(refits):
        found.append(find_doses(model, fewer, criteria, grid, caps))
        tell_progress("doses of refits", number + 1, len(refits))
    return found


@torch.no_grad()
def _bands(subjects: Subjects, dose: float, criterion: Criterion) -> Curves:
    few, late = subjects.courses.first(N_DRAWN), criterion.window == "late"
    found = few.interval(criterion.interval, late=late, refine=USUAL_STEPS).at(dose)
    levels = torch.tensor(BAND, dtype=torch.float64)
    bands = (torch.quantile(curve, levels, dim=0) for curve in found[1:])
    return Curves(found.times, *bands)


def _middle(population: Population) -> dict[str, Reals]:
    """Return covariates of the typical subject: means over the population, (1,) each."""
    points = (np.arange(1000) + 0.5) / 1000
    found = {
        name: np.array([spread.quantile(points).mean()])
        for name, spread in population.covariates.items()
    }
    if population.baseline is not None:
        found["PD0"] = population.baseline.quantile(np.array([0.5]), found)
    return found


@torch.no_grad()
def _typical(model: DoseModel, population: Population, dose: float, criterion: Criterion) -> Curves:
    one, late = model.subjects(_middle(population)), criterion.window == "late"
    found = one.interval(criterion.interval, late=late, refine=SMOOTH).at(dose)
    return Curves(found.times, found.concentration[0], found.biomarker[0])


def _checks(outcome: Outcome) -> list[Check]:
    source, question, answer = outcome.source, outcome.question, outcome.answer
    found = [
        check_monotone(outcome.doses.tolist(), outcome.shares.tolist()),
        check_fractions(outcome.lower, answer),
        check_range(answer, source.trial),
        check_population(answer, source.trial),
        *check_trial(outcome.counts),
        *check_reached(answer),
        *check_support(answer),
    ]
    if question.criterion.interval != DAY:
        caps = question.shortcuts.ends(DAY)
        grid = answer.grid * DAY / question.criterion.interval if caps is None else caps.grid
        asked = replace(question.criterion, interval=DAY)
        daily = find_dose(source.model, answer.population, asked, grid, caps)
        short, long = sorted((daily, answer), key=lambda each: each.criterion.interval)
        found.append(check_intervals(short, long))
    return found + covariate_checks(source, answer)


def covariate_checks(source: DoseSource, answer: Answer) -> list[Check]:
    """Return, for each covariate that is not as in the trial, whether the dose moves rightly.

    Each covariate is changed alone, from the trial's population to that of the answer.
    """
    of = answer.population
    words = (TRIAL,) if of.each_once else ()
    base = Population.of_trial(source.observed(), words, n_subjects=of.n_subjects, seed=of.seed)
    relevant = set(covariate_names(source.model))
    changed = {
        name: spread
        for name, spread in answer.population.covariates.items()
        if name in relevant and name in base.covariates and spread != base.covariates[name]
    }
    if not changed or (of.observed is not None and not of.each_once):
        return []

    def dose(population: Population) -> Answer:
        return find_dose(source.model, population, answer.criterion, answer.grid, answer.caps)

    before = dose(base)
    checks = []
    for name, spread in changed.items():
        one = replace(base, covariates={**base.covariates, name: spread})
        after = dose(one)
        typical = tuple(_typical_dose(source.model, each, answer) for each in (base, one))
        checks.append(check_covariate(name, before, after, (typical[0], typical[1])))
    return checks


def _typical_dose(model: DoseModel, population: Population, answer: Answer) -> float:
    """Return the exact dose of the typical subject of a population; infinite for none."""
    middle = {
        name: Distribution("value", (float(values[0]),))
        for name, values in _middle(population).items()
    }
    one = Population(middle, n_subjects=1, seed=population.seed)
    flat = model.without_variability()
    found = find_dose(flat, one, answer.criterion, answer.grid, answer.caps).found
    return float("inf") if found.exact is None else found.exact
