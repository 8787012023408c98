"""The published answers to the five questions, and where they contradict themselves."""

from functools import cache
from importlib.resources import files

import pandas as pd

from qkdrp.experiments.pkpd.questions import SCHEDULES

PNU, OTHERS = "published_pnu_doses.csv", "published_other_doses.csv"
"""Table 3 of Team PNU's report with its claims, and the doses of three other entries."""

SCENARIO_OF = {
    "1 base": "base",
    "2 base": "base",
    "3 BW 70-140": "BW 70-140",
    "4 no COMED": "no COMED",
    "5 base": "base",
}
"""Our names of the populations of the published questions."""

DAYS = 7
"""Days of a week."""

WEEKLY_STEP = SCHEDULES[1].grid
"""Step of the weekly doses, mg."""

REASONS = (
    "Team PNU's optimiser asks that the smallest value of the interval keeps to the target, or a "
    "vote of time points; the question asks for all of it. The column 'one moment' shows what that "
    "alone does to our doses.",
    "Its window starts one interval late (504 to 528 h, 672 to 840 h) and holds no dose, and three "
    "weeks are not steady state.",
    "Its models are functions of weight, comedication, dose and time without variability between "
    "subjects, so that 90% of subjects has no meaning beyond the 48 of the trial. The column 'no "
    "variability' shows what that alone does to our doses.",
    "Its grids end at 10 mg a day and 70 mg a week, and doses at that cap are given as optima.",
    "Its weekly answers come from regressors that saw daily doses of at most 10 mg: they "
    "extrapolate without a mechanism, and its weekly tables are relabelled daily data.",
    "It scales the inputs of the biomarker's model with the scaler of the concentration's model "
    "while it optimises.",
    "Other weights are the trial's, stretched from 50-100 kg onto 70-140 kg, and no comedication "
    "keeps 24 subjects.",
    "No published answer has an interval or names a seed.",
)
"""Why published doses differ from ours."""


@cache
def published() -> pd.DataFrame:
    """Return the answers of Team PNU.

    Returns:
        Columns question, scenario, schedule, fraction, model, dose, claimed (share), note.
    """
    table = _read(PNU)
    return pd.DataFrame(
        {
            "question": table["question"],
            "scenario": table["question"].map(SCENARIO_OF),
            "schedule": table["schedule"],
            "fraction": table["target_pct"] / 100,
            "model": table["model"],
            "dose": table["dose_mg"],
            "claimed": table["claimed_reached_pct"] / 100,
            "note": table["note"].fillna(""),
        }
    )


@cache
def other_entries() -> pd.DataFrame:
    """Return the doses of other entries, as text: entry, four doses, note."""
    return _read(OTHERS)


def _read(name: str) -> pd.DataFrame:
    with files("qkdrp.experiments.pkpd").joinpath(name).open("rb") as file:
        return pd.read_csv(file)


def violations(answers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return where answers contradict the question or one another.

    Args:
        answers: Columns model, scenario, schedule, fraction, dose, claimed (share); those of Team
            PNU where left out.

    Returns:
        One row for each: model, rule, found.
    """
    rows = list[dict[str, str]]()
    given = published() if answers is None else answers
    for model, table in given.groupby("model", sort=False):
        doses = {
            (row["scenario"], row["schedule"], row["fraction"]): row["dose"]
            for row in table.to_dict("records")
        }
        rows += [
            {"model": str(model), "rule": rule, "found": found}
            for rule, found in (
                *_weekly_below_daily(doses),
                *_lower_fraction_above(doses),
                *_scenario_below_base(doses),
                *_below_target(table),
            )
        ]
    return pd.DataFrame(rows, columns=["model", "rule", "found"])


Doses = dict[tuple[str, str, float], float]
Violations = list[tuple[str, str]]


def _weekly_below_daily(doses: Doses) -> Violations:
    rule = f"weekly dose at least {DAYS} x daily dose less one step"
    return [
        (rule, f"{scenario}, {fraction:.0%}: {dose:g} mg a week, {daily:g} mg a day")
        for (scenario, schedule, fraction), dose in doses.items()
        if schedule == "weekly"
        and (daily := doses.get((scenario, "daily", fraction), 0.0)) * DAYS - WEEKLY_STEP > dose
    ]


def _lower_fraction_above(doses: Doses) -> Violations:
    rule = "dose for 75% at most that for 90%"
    return [
        (rule, f"{scenario}, {schedule}: {dose:g} mg for 75%, {higher:g} mg for 90%")
        for (scenario, schedule, fraction), dose in doses.items()
        if fraction == min(FRACTIONS_PUBLISHED)
        and (higher := doses.get((scenario, schedule, max(FRACTIONS_PUBLISHED)), dose)) < dose
    ]


FRACTIONS_PUBLISHED = (0.9, 0.75)
"""Fractions of the published answers."""


def _scenario_below_base(doses: Doses) -> Violations:
    rule = "heavier subjects, or none with the comedication that lowers the biomarker, need no less"
    return [
        (rule, f"{scenario}, {schedule}: {dose:g} mg, base {base:g} mg")
        for (scenario, schedule, fraction), dose in doses.items()
        if scenario != "base" and dose < (base := doses.get(("base", schedule, fraction), 0.0))
    ]


def _below_target(table: pd.DataFrame) -> Violations:
    rule = "the dose reaches the share that was asked for"
    return [
        (
            rule,
            f"{row['scenario']}, {row['schedule']}, {row['fraction']:.0%}: {row['dose']:g} mg "
            f"reaches {row['claimed']:.0%} by its own claim",
        )
        for row in table.to_dict("records")
        if row["claimed"] < row["fraction"]
    ]
