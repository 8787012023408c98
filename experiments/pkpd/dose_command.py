"""``qkdrp experiment pkpd-doses``."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qkdrp.cli import shortcut_options as published
from qkdrp.experiments.pkpd import dose_options as options
from qkdrp.experiments.pkpd.challenge import TARGET
from qkdrp.runs.run_path import check_run_path

if TYPE_CHECKING:
    from qkdrp.experiments.pkpd.questions import Questions

NAME = "pkpd-doses"
"""Of the command."""

HELP = "The five questions of the challenge: 12 doses with intervals, beside published answers."
"""What the study does, in one line."""


def pkpd_doses(
    runs: options.Runs,
    *,
    target: options.Target = TARGET,
    direction: options.Side = "below",
    fractions: options.Fractions = "0.9,0.75",
    schedule: options.Schedules = None,
    scenario: options.Scenarios = None,
    subjects: options.Subjects = 16384,
    seed: options.Seed = 0,
    pnu_compat: published.CompatOption = False,
    criterion: published.CriterionOption = None,
    window: published.WindowOption = None,
    caps: published.CapsOption = None,
    population: published.PopulationOption = None,
    variability: published.VariabilityOption = None,
    pd_scaler: published.ScalerOption = None,
    output: options.Folder,
) -> None:
    """Answer the five questions of the challenge for trained models. For research only."""
    for run in runs:
        check_run_path(run)
    from qkdrp.experiments.pkpd.questions import (
        BASE,
        SCENARIOS,
        SCHEDULES,
        Questions,
        Scenario,
        Schedule,
        fractions_of,
    )
    from qkdrp.runs.new_folder import refuse_taken

    refuse_taken(output)
    scenarios = (BASE, *map(Scenario.parse, scenario)) if scenario else SCENARIOS
    schedules = tuple(map(Schedule.parse, schedule)) if schedule else SCHEDULES
    shortcuts = published.shortcuts_of(
        pnu_compat,
        criterion=criterion,
        window=window,
        caps=caps,
        population=population,
        variability=variability,
        pd_scaler=pd_scaler,
    )
    questions = Questions(
        target, direction, scenarios, schedules, fractions_of(fractions), shortcuts
    )
    _answer(runs, questions, subjects=subjects, seed=seed, output=output)


def _answer(
    runs: list[Path], questions: "Questions", *, subjects: int, seed: int, output: Path
) -> None:
    from dataclasses import replace

    from qkdrp.cli.console import console, print_folder
    from qkdrp.cli.dose_sources import dose_sources
    from qkdrp.cli.reading_bar import ReadingBar
    from qkdrp.experiments.pkpd.dose_report import answer_frame, write_doses
    from qkdrp.experiments.pkpd.dose_table import dose_table
    from qkdrp.experiments.pkpd.questions import scenarios_for
    from qkdrp.systems.pkpd.dose.answer import DISCLAIMER

    sources = dose_sources(runs, variability=questions.shortcuts.variability == "model")
    known = scenarios_for(list(sources[0].observed()), questions.scenarios)
    questions = replace(questions, scenarios=known)
    bar = ReadingBar(advice="")
    tables = [dose_table(each, questions, bar, subjects, seed) for each in sources]
    bar.close()
    write_doses(tables, output)
    out = console()
    for row in answer_frame(tables).to_dict("records"):
        out.print("  ".join(str(value) for value in row.values()), soft_wrap=True)
    for table in tables:
        for check in table.checks:
            if not check.passed:
                out.print(f"check    {check}", soft_wrap=True)
    out.print(DISCLAIMER)
    print_folder("study", output)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(NAME, help=HELP)(pkpd_doses)
