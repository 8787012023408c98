"""Files of the study of doses: tables, figure, page."""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.common.files import write_csv, write_json
from qkdrp.common.provenance import versions
from qkdrp.experiments.pkpd.challenge import TARGET
from qkdrp.experiments.pkpd.dose_figure import draw_doses
from qkdrp.experiments.pkpd.dose_table import DoseTable
from qkdrp.experiments.pkpd.published_doses import REASONS, other_entries, published, violations
from qkdrp.experiments.pkpd.questions import SCENARIOS, SCHEDULES
from qkdrp.reports.page import Figure, Page, Section, Table, write_markdown, write_page
from qkdrp.systems.pkpd.data.load import EMBEDDED_ORIGIN
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER, Answer

DOSES, PUBLISHED, VIOLATIONS = "doses.csv", "published.csv", "published_violations.csv"
OWN_VIOLATIONS = "violations.csv"
CHECKS, SHORTCUTS, MODELS = "checks.csv", "shortcuts.csv", "models.csv"
RECORD, MARKDOWN, PAGE = "doses.json", "report.md", "report.html"
"""Names of files."""


def write_doses(tables: Sequence[DoseTable], folder: Path) -> Page:
    """Write tables, figure and pages; returns the page.

    Args:
        tables: Of one model each; all answer the same questions.
        folder: Where; made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / DOSES, pd.concat([each.to_frame() for each in tables], ignore_index=True))
    write_csv(folder / CHECKS, check_frame(tables))
    write_csv(folder / SHORTCUTS, shortcut_frame(tables))
    if len(tables) > 1:
        write_csv(folder / MODELS, between_models(tables))
    if answers_the_challenge(tables[0]):
        write_csv(folder / PUBLISHED, beside_published(tables))
        write_csv(folder / VIOLATIONS, violations())
        write_csv(folder / OWN_VIOLATIONS, violations(answers_like_published(tables)))
    page = make_page(tables)
    write_page(folder / PAGE, page)
    write_markdown(folder / MARKDOWN, page)
    write_json(folder / RECORD, _record(tables))
    return page


def answers_the_challenge(table: DoseTable) -> bool:
    """Return whether a table is of the challenge's trial, target and schedules."""
    questions = table.questions
    return (
        table.source.trial.provenance == EMBEDDED_ORIGIN
        and (questions.target, questions.direction) == (TARGET, "below")
        and set(SCHEDULES) <= set(questions.schedules)
        and set(SCENARIOS) <= set(questions.scenarios)
    )


def shown(answer: Answer | None) -> str:
    """Return an answer for a cell of a table: grid dose, exact one and interval."""
    if answer is None:
        return ""
    found, word = answer.found, "; extrapolates" if answer.extrapolates else ""
    if found.dose is None:
        return f"not reached ({found.share:.0%} at most{word})"
    if found.closest:
        return f"{found.dose:g} (reaches {found.share:.0%}{word})"
    if answer.spread is None:
        return f"{found.dose:g} (exactly {found.exact:.3g}{word})"
    json = answer.to_json()
    low, high = ("open" if json[end] is None else f"{json[end]:.3g}" for end in ("low", "high"))
    return f"{found.dose:g} (exactly {found.exact:.3g}; {low} to {high})"


def answer_frame(tables: Sequence[DoseTable]) -> pd.DataFrame:
    """Return one row for each scenario, schedule and model; a column for each fraction."""
    questions = tables[0].questions
    places = product(questions.scenarios, questions.schedules, tables)
    return pd.DataFrame(
        [
            {
                "scenario": scenario.name,
                "schedule": schedule.name,
                "model": table.source.title,
                **_cells(table, scenario.name, schedule.name),
            }
            for scenario, schedule, table in places
        ]
    )


def _cells(table: DoseTable, scenario: str, schedule: str) -> dict[str, str]:
    """Return the answers of a row by fraction, and how much less the lowest fraction needs."""
    answers = {each: table.find(scenario, schedule, each) for each in table.questions.fractions}
    exact = [each.found.exact for each in answers.values() if each is not None]
    known = [each for each in exact if each is not None]
    complete = len(known) == len(answers) and max(known) > 0
    return {
        **{f"{each:.0%} of subjects (mg)": shown(answer) for each, answer in answers.items()},
        "lower fraction needs less": f"{1 - min(known) / max(known):.0%}" if complete else "",
    }


def between_models(tables: Sequence[DoseTable]) -> pd.DataFrame:
    """Return how far models are from one another: one row for each question.

    Args:
        tables: Of several models.

    Returns:
        Columns scenario, schedule, fraction, low and high (smallest and largest exact dose, mg;
        infinite where a model reaches no dose), ratio, and for each model with refits whether all
        models lie in its interval.
    """
    places = [
        (cell.scenario.name, cell.schedule.name, cell.answer.criterion.fraction)
        for cell in tables[0].cells
    ]
    rows = []
    for scenario, schedule, fraction in places:
        found = {each.source.title: each.find(scenario, schedule, fraction) for each in tables}
        answers = {title: answer for title, answer in found.items() if answer is not None}
        place = {"scenario": scenario, "schedule": schedule, "fraction": fraction}
        rows.append({**place, **_differences(answers)})
    return pd.DataFrame(rows)


def _differences(answers: Mapping[str, Answer]) -> dict[str, object]:
    """Return how far the answers of models to one question are from one another."""
    exact = [each.found.exact for each in answers.values()]
    doses = [math.inf if each is None else each for each in exact]
    low, high = min(doses), max(doses)
    spreads = {title: each.spread for title, each in answers.items() if each.spread is not None}
    return {
        "low": low,
        "high": high,
        "ratio": high / low if 0 < low < math.inf else math.nan,
        **{
            f"all within the interval of {title}": "yes" if spread.holds(low, high) else "no"
            for title, spread in spreads.items()
        },
    }


def _models_section(tables: Sequence[DoseTable]) -> Section:
    found = between_models(tables)
    worst = found["ratio"].max()
    return Section(
        "Between models",
        [
            f"Exact doses of {len(tables)} models to the same question differ by a factor of up to "
            f"{worst:.3g}. This is uncertainty beside that of the subjects, which refits tell.",
            Table("Smallest and largest exact dose of all models, mg", found),
        ],
    )


def beside_published(tables: Sequence[DoseTable]) -> pd.DataFrame:
    """Return published answers with ours beside them."""
    frame = published().copy()
    for table in tables:
        frame[f"ours ({table.source.title})"] = [
            shown(table.find(row["scenario"], row["schedule"], row["fraction"]))
            for row in frame.to_dict("records")
        ]
    return frame


def answers_like_published(tables: Sequence[DoseTable]) -> pd.DataFrame:
    """Return our answers in the columns of the published ones, but for those without a dose."""
    return pd.DataFrame(
        [
            {
                "model": cell.model,
                "scenario": cell.scenario.name,
                "schedule": cell.schedule.name,
                "fraction": cell.answer.criterion.fraction,
                "dose": cell.answer.found.dose,
                "claimed": cell.answer.found.share,
            }
            for table in tables
            for cell in table.cells
            if cell.answer.found.dose is not None
        ],
        columns=["model", "scenario", "schedule", "fraction", "dose", "claimed"],
    )


def check_frame(tables: Sequence[DoseTable]) -> pd.DataFrame:
    """Return all checks: model, check, result, words."""
    return pd.DataFrame(
        [
            {
                "model": table.source.title,
                "check": check.name,
                "result": "ok" if check.passed else "warning",
                "found": check.words,
            }
            for table in tables
            for check in table.checks
        ]
    )


def shortcut_frame(tables: Sequence[DoseTable]) -> pd.DataFrame:
    """Return what published shortcuts do to our doses."""
    return pd.concat(
        [each.shortcuts.assign(model=each.source.title) for each in tables], ignore_index=True
    )


def make_page(tables: Sequence[DoseTable]) -> Page:
    """Return the page of the study."""
    challenge = answers_the_challenge(tables[0])
    questions, trial = tables[0].questions, tables[0].source.trial
    failed = sum(not check.passed for table in tables for check in table.checks)
    total = sum(len(table.checks) for table in tables)
    figure = Figure.of(
        "Doses by scenario, schedule and fraction",
        "Dots: exact doses; lines: 90% intervals over refits to resampled subjects.",
        draw_doses(tables, challenge),
    )
    sections = [
        Section("Doses", [Table("Grid dose (exact dose; 90% interval), mg", answer_frame(tables)),
                          figure]),
        *([_models_section(tables)] if len(tables) > 1 else []),
        *([_published_section(tables)] if challenge else []),
        Section("What shortcuts do", [
            Table("Exact doses in the first scenario with one change each", shortcut_frame(tables))
        ]),
        Section("Consistency checks", [
            f"{total - failed} of {total} checks pass; warnings say what was extrapolated or does "
            "not agree.",
            Table("All checks", check_frame(tables)),
        ]),
    ]  # fmt: skip
    return Page(
        title=f"Doses that keep the biomarker {questions.direction} {questions.target:g}",
        lead=[
            f"{DISCLAIMER} Smallest doses with which the biomarker stays {questions.direction} "
            f"{questions.target:g} {trial.units.biomarker} over the whole interval between doses, "
            "at steady state, in a share of a virtual population.",
            f"Trial: {trial.provenance}.",
            *(
                [f"With shortcuts of a published optimiser: {questions.shortcuts}."]
                if questions.shortcuts.taken
                else []
            ),
            *(f"{each.source.title}: {note}" for each in tables for note in each.source.notes),
        ],
        sections=sections,
        provenance=[
            *(
                f"{each.source.title}: {each.source.model.facts()['structure']}, "
                f"{len(each.source.refits)} refits"
                for each in tables
            ),
            f"{tables[0].cells[0].answer.population.n_subjects} virtual subjects (Sobol points), "
            "the same for all doses, schedules, scenarios and models.",
            ", ".join(f"{name} {version}" for name, version in versions().items()),
        ],
    )


def _published_section(tables: Sequence[DoseTable]) -> Section:
    found = violations()
    doses = published().groupby(["scenario", "schedule", "fraction"])["dose"]
    ratio = float((doses.max() / doses.min()).max())
    return Section(
        "Published answers",
        [
            f"Published doses differ from one another by a factor of up to {ratio:.2g}, and "
            f"contradict themselves in {len(found)} places, listed below. Why they differ from "
            "ours:",
            *REASONS,
            Table("Team PNU's Table 3, ours beside it", beside_published(tables)),
            Table("Where published answers contradict the question or one another", found),
            *_own_violations(tables),
            Table("Other entries", other_entries()),
        ],
    )


def _own_violations(tables: Sequence[DoseTable]) -> list[str | Table]:
    """Return where answers of the models here contradict the question, by the same rules."""
    found = violations(answers_like_published(tables))
    if found.empty:
        return ["By the same rules the answers of the models here contradict nothing."]
    return [Table("Where answers of the models here do, by the same rules", found)]


def _record(tables: Sequence[DoseTable]) -> dict[str, Any]:
    return {
        "disclaimer": DISCLAIMER,
        "answers": [
            {
                "model": cell.model,
                "scenario": cell.scenario.name,
                "schedule": cell.schedule.name,
                **cell.answer.to_json(),
            }
            for table in tables
            for cell in table.cells
        ],
        "versions": versions(),
    }
