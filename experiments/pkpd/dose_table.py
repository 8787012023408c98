"""The doses of a model for all questions, with their intervals and their consistency."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise

import pandas as pd

from qkdrp.experiments.pkpd.questions import Questions, Scenario, Schedule
from qkdrp.systems.pkpd.dose.answer import Answer, find_doses, with_refits
from qkdrp.systems.pkpd.dose.checks import (
    Check,
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
from qkdrp.systems.pkpd.dose.model import DoseModel, DoseSource
from qkdrp.systems.pkpd.dose.outcome import N_SUBJECTS_OF_REFITS, covariate_checks, scan
from qkdrp.systems.pkpd.dose.population import N_SUBJECTS, Population
from qkdrp.systems.pkpd.dose.shortcuts import PNU_CAPS, Shortcuts
from qkdrp.systems.pkpd.dose.trial_check import level_counts

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Cell:
    """One answer and its place.

    Args:
        model: What the model is called.
        scenario: The population.
        schedule: The dosing.
        answer: The dose.
    """

    model: str
    scenario: Scenario
    schedule: Schedule
    answer: Answer


@dataclass(frozen=True)
class DoseTable:
    """All answers of a model.

    Args:
        source: Model and trial.
        questions: What was asked.
        cells: One for each scenario, schedule and fraction.
        checks: Whether they agree with one another and with the trial.
        shortcuts: The same doses, in the first scenario, with one published shortcut each.
    """

    source: DoseSource
    questions: Questions
    cells: tuple[Cell, ...]
    checks: tuple[Check, ...]
    shortcuts: pd.DataFrame

    def find(self, scenario: str, schedule: str, fraction: float) -> Answer | None:
        """Return the answer of a place; None where it was not asked."""
        for cell in self.cells:
            place = (cell.scenario.name, cell.schedule.name, cell.answer.criterion.fraction)
            if place == (scenario, schedule, fraction):
                return cell.answer
        return None

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each answer: doses in mg."""
        return pd.DataFrame([_row(cell) for cell in self.cells])


def dose_table(
    source: DoseSource,
    questions: Questions,
    on_progress: OnProgress,
    n_subjects: int = N_SUBJECTS,
    seed: int = 0,
) -> DoseTable:
    """Return the answers of a model to all questions.

    Args:
        source: Model, trial and refits.
        questions: What is asked.
        on_progress: Told what is done, how much of it, and how much there is.
        n_subjects: Virtual subjects.
        seed: Of the virtual subjects.

    Raises:
        ConfigError: If a scenario does not fit the model.
    """
    chosen = questions.shortcuts.of_model(source.model)
    source = chosen.source(source)
    observed = source.observed()
    cells = []
    total = len(questions.scenarios) * len(questions.schedules) * (1 + len(source.refits))
    done = count()

    def tell() -> None:
        on_progress("doses", next(done), total)

    tell()
    for scenario in questions.scenarios:
        words = chosen.words(scenario.words)
        population = Population.of_trial(observed, words, n_subjects=n_subjects, seed=seed)
        for schedule in questions.schedules:
            cells += [
                Cell(source.title, scenario, schedule, answer)
                for answer in _answers(source, population, questions, schedule, tell)
            ]
    made = tuple(cells)
    return DoseTable(
        source,
        questions,
        made,
        _checks(source, questions, made),
        _shortcuts(source, questions, made),
    )


def _answers(
    source: DoseSource,
    population: Population,
    questions: Questions,
    schedule: Schedule,
    tell: Callable[[], None],
) -> list[Answer]:
    """Return the answers for each fraction, and tell of each model when it is done."""
    criteria = questions.criteria(schedule)
    fewer = replace(population, n_subjects=min(N_SUBJECTS_OF_REFITS, population.n_subjects))
    caps = questions.shortcuts.ends(schedule.interval)
    answers = find_doses(source.model, population, criteria, schedule.grid, caps)
    tell()
    refits = []
    for each in source.refits:
        refits.append(find_doses(each, fewer, criteria, schedule.grid, caps))
        tell()
    return with_refits(answers, refits, source.no_refits)


def _checks(source: DoseSource, questions: Questions, cells: Sequence[Cell]) -> tuple[Check, ...]:
    """Return checks between answers, of each with the trial, and of the trial with the model."""
    found = list[Check]()
    for scenario in questions.scenarios:
        of = [cell for cell in cells if cell.scenario == scenario]
        by_schedule = {
            schedule: {c.answer.criterion.fraction: c.answer for c in of if c.schedule == schedule}
            for schedule in sorted(questions.schedules, key=lambda each: each.interval)
        }
        checks = [
            *(_monotone(source, each) for each in by_schedule.values()),
            *_between_fractions(list(by_schedule.values())),
            *_between_schedules(list(by_schedule.values())),
            *_with_trial(source, list(by_schedule.values())),
            *(check for cell in of for check in check_reached(cell.answer)),
        ]
        found += [replace(each, words=f"{scenario.name}: {each.words}") for each in checks]
    criterion = questions.criteria(questions.schedules[0])[0]
    return (*found, *check_trial(level_counts(source, criterion)))


ByFraction = Mapping[float, Answer]


def _monotone(source: DoseSource, of: ByFraction) -> Check:
    """Return the check that the share never falls with the dose, of one schedule."""
    answer = of[max(of)]
    subjects = answer.population.draw(source.model)
    doses, shares = scan(Responses(source.model, subjects, answer.criterion), answer)
    check = check_monotone(doses.tolist(), shares.tolist())
    return replace(check, words=f"every {answer.criterion.interval:g} h {check.words}")


def _between_fractions(answers: Sequence[ByFraction]) -> Iterator[Check]:
    for of in answers:
        for low, high in pairwise(sorted(of)):
            yield check_fractions(of[low], of[high])


def _between_schedules(answers: Sequence[ByFraction]) -> Iterator[Check]:
    """Yield checks of schedules in the order of their intervals."""
    for short, long in pairwise(answers):
        for fraction in sorted(short):
            yield check_intervals(short[fraction], long[fraction])


def _with_trial(source: DoseSource, answers: Sequence[ByFraction]) -> Iterator[Check]:
    """Yield checks of the highest fraction of each schedule."""
    for of in answers:
        answer = of[max(of)]
        yield from covariate_checks(source, answer)
        yield check_range(answer, source.trial)
        yield from check_support(answer)
    yield check_population(answers[0][max(answers[0])], source.trial)


def _shortcuts(source: DoseSource, questions: Questions, cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the doses of the first scenario with one published shortcut each, exactly, mg."""
    rows = []
    for cell in cells:
        if cell.scenario != questions.scenarios[0]:
            continue
        answer = cell.answer
        best = replace(answer.criterion, moment="best")
        flat = source.model.without_variability()
        rows.append(
            {
                "schedule": cell.schedule.name,
                "fraction": answer.criterion.fraction,
                "as asked (mg)": answer.found.exact,
                "one moment instead of throughout (mg)": _exact(source.model, answer, best),
                "no variability between subjects (mg)": _exact(flat, answer, answer.criterion),
                **_others(source, answer),
            }
        )
    return pd.DataFrame(rows)


OTHERS: Mapping[str, Shortcuts] = {
    "late window (mg)": Shortcuts(window="late"),
    "closed grid (mg)": Shortcuts(caps="pnu"),
    "the trial's subjects (mg)": Shortcuts(population="trial"),
    "scaler of concentrations (mg)": Shortcuts(pd_scaler="pk"),
    "all of them (mg)": Shortcuts.pnu(),
}
"""The other shortcuts of the published optimiser, each alone, and all six, by their columns."""


def _others(source: DoseSource, answer: Answer) -> dict[str, float | None]:
    """Return the doses of an answer with other shortcuts; None for those that do not fit."""
    if answer.caps is not None or answer.population.observed is not None:
        return {}  # shortcuts are taken already
    found: dict[str, float | None] = {}
    for name, each in OTHERS.items():
        chosen = each.of_model(source.model)
        fits = chosen.taken and (chosen.caps == "none" or answer.criterion.interval in PNU_CAPS)
        found[name] = _shortened(source, answer, chosen) if fits else None
    return found


def _shortened(source: DoseSource, answer: Answer, chosen: Shortcuts) -> float | None:
    """Return the dose of an answer with some shortcuts, mg; fewer virtual subjects do."""
    of = answer.population
    n = min(N_SUBJECTS_OF_REFITS, of.n_subjects)
    population = replace(of, n_subjects=n)
    if chosen.population == "trial":
        population = Population.of_trial(source.observed(), chosen.words(()), seed=of.seed)
    criterion, caps = chosen.asked(answer.criterion), chosen.ends(answer.criterion.interval)
    model = chosen.source(source).model
    return find_doses(model, population, [criterion], answer.grid, caps)[0].found.exact


def _exact(model: DoseModel, answer: Answer, criterion: Criterion) -> float | None:
    found = find_doses(model, answer.population, [criterion], answer.grid)
    return found[0].found.exact


def _row(cell: Cell) -> dict[str, object]:
    json = cell.answer.to_json()
    return {
        "model": cell.model,
        "scenario": cell.scenario.name,
        "population": str(cell.answer.population),
        "schedule": cell.schedule.name,
        "interval_h": cell.schedule.interval,
        "fraction": cell.answer.criterion.fraction,
        "extrapolates": cell.answer.extrapolates,
        **{
            name: json[name]
            for name in ("dose", "dose_exact", "low", "high", "share", "share_error",
                         "share_one_step_below", "reached", "searched_up_to")
        },
        "refits": 0 if cell.answer.spread is None else len(cell.answer.spread.doses),
        "refits_not_reached": 0 if cell.answer.spread is None else cell.answer.spread.n_unreached,
    }  # fmt: skip
