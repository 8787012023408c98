"""The page of a dose."""

from collections.abc import Mapping

import pandas as pd

from qkdrp.reports.page import Figure, Page, Section, Table
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER, Answer
from qkdrp.systems.pkpd.dose.outcome import Outcome


def make_page(outcome: Outcome, figures: Mapping[str, Figure], versions: Mapping[str, str]) -> Page:
    """Return the page of a dose.

    Args:
        outcome: The answer and all that is shown beside it.
        figures: By name, see :func:`~qkdrp.reports.dose.write.draw`.
        versions: Of packages.
    """
    facts = outcome.source.model.facts()
    trial = outcome.source.trial
    variability = ", ".join(f"{name} {value:.3g}" for name, value in facts["omega"].items())
    model = [
        f"{outcome.source.title}: {facts['structure']}; covariates "
        f"{', '.join(facts['covariates']) or 'none'}; standard deviations of "
        f"{_what_varies(outcome)} between subjects: {variability or 'none'}.",
        *outcome.source.notes,
        f"Trial: {trial.provenance}; {len(trial)} subjects.",
    ]
    sections = [
        Section("The dose", [answer_table([outcome.answer, outcome.lower]), figures["share"]]),
        Section("At this dose", [*_beside(outcome), figures["curves"], figures["hysteresis"]]),
        Section("Checks", _checks(outcome, figures)),
        Section("Model and trial", model),
    ]
    return Page(
        title=f"Dose: {outcome.question.criterion}",
        lead=_lead(outcome),
        sections=sections,
        provenance=[
            f"{outcome.answer.population.n_subjects} virtual subjects (Sobol points, seed "
            f"{outcome.question.seed}), {outcome.answer.population}.",
            f"{_steady(outcome)} {_interval_of(outcome.answer)}",
            ", ".join(f"{name} {version}" for name, version in versions.items()),
        ],
    )


def answer_table(answers: list[Answer]) -> Table:
    """Return the table of answers: one row for each fraction."""
    rows = [
        {
            "fraction": f"{each.criterion.fraction:.0%}",
            "dose (mg)": each.found.dose,
            "exact (mg)": each.found.exact,
            "90% interval (mg)": _interval(each),
            "share": each.found.share,
            "error of share": each.error,
            "share one step below": each.found.share_below,
        }
        for each in answers
    ]
    frame = pd.DataFrame(rows)
    return Table(f"Doses every {answers[0].criterion.interval:g} h", frame)


def _interval(answer: Answer) -> str:
    if answer.spread is None:
        return "no refits"
    json = answer.to_json()
    ends = ["open" if end is None else f"{end:.3g}" for end in (json["low"], json["high"])]
    return " to ".join(ends)


def _lead(outcome: Outcome) -> list[str]:
    words = [f"{DISCLAIMER} {outcome.answer}.".replace("..", ".")]
    if outcome.source.trial.synthetic:
        words.append("The trial's numbers are made up (synthetic data).")
    if outcome.warnings:
        words.append(f"Warnings: {'. '.join(outcome.warnings)}.")
    if outcome.question.shortcuts.taken:
        words.append(f"With shortcuts of a published optimiser: {outcome.question.shortcuts}.")
    support = outcome.answer.support
    if support is not None and not support.extrapolates:  # else it is a warning
        text = str(support)
        words.append(f"{text[:1].upper()}{text[1:]}.")
    if outcome.answer.spread is None:
        words.append(
            f"The dose has no interval, so it is worth little: {outcome.answer.no_spread}."
        )
    return words


def _what_varies(outcome: Outcome) -> str:
    return "log parameters" if outcome.answer.support is None else "logarithms of courses"


def _steady(outcome: Outcome) -> str:
    """Return how steady state was found."""
    if outcome.question.criterion.window == "late":
        return "No steady state: the window is that of the shortcut."
    if outcome.answer.support is None:
        return "Steady state: the periodic solution."
    return f"Dosed until the biomarker repeats: {outcome.answer.support.steady}."


def _interval_of(answer: Answer) -> str:
    if answer.spread is None:
        return f"No interval: {answer.no_spread}."
    return "The interval is that of refits to subjects resampled within dose levels."


def _beside(outcome: Outcome) -> list[str | Table | Figure]:
    words = list[str | Table | Figure]()
    if outcome.above_cmax is not None:
        words.append(
            f"{outcome.above_cmax:.1%} of the subjects exceed {outcome.question.cmax:g} "
            f"{outcome.source.trial.units.concentration}."
        )
    if outcome.loading is not None:
        words.append(f"{outcome.loading}.")
    return words


def _checks(outcome: Outcome, figures: Mapping[str, Figure]) -> list[str | Table | Figure]:
    frame = pd.DataFrame(
        [
            {"check": each.name, "result": "ok" if each.passed else "warning", "found": each.words}
            for each in outcome.checks
        ]
    )
    return [
        Table("What was looked at", frame),
        *([figures["trial"]] if "trial" in figures else []),
    ]
