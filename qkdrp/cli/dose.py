"""``qkdrp dose``."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.cli import dose_options as options
from qkdrp.cli import shortcut_options as published
from qkdrp.cli.options import Output
from qkdrp.runs.run_path import check_run_path

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.dose.model import DoseSource
    from qkdrp.systems.pkpd.dose.outcome import Outcome, Question


def dose(
    run: options.Run,
    more: options.More = None,
    *,
    target: options.Target,
    fraction: options.Fraction = 0.9,
    interval: options.Interval = 24.0,
    grid: options.Grid = None,
    population: options.Words = None,
    direction: options.Side = "below",
    cmax: options.Cmax = None,
    noise: options.Noise = False,
    loading: options.Loading = False,
    subjects: options.Subjects = options.N_SUBJECTS,
    seed: options.Seed = 0,
    source: options.Trial = None,
    pnu_compat: published.CompatOption = False,
    criterion: published.CriterionOption = None,
    window: published.WindowOption = None,
    caps: published.CapsOption = None,
    variability: published.VariabilityOption = None,
    pd_scaler: published.ScalerOption = None,
    output: Output = None,
) -> None:
    """Find the smallest dose with which enough subjects keep to a target. For research only."""
    check_run_path(run)
    from qkdrp.runs.new_folder import refuse_taken
    from qkdrp.systems.pkpd.dose.criterion import Criterion
    from qkdrp.systems.pkpd.dose.outcome import Question
    from qkdrp.systems.pkpd.dose.population import EMPIRICAL

    refuse_taken(output)
    words = [word for text in [*(population or []), *(more or [])] for word in text.split()]
    question = Question(
        criterion=Criterion(target, fraction, interval, direction, noise),
        grid=grid,
        words=tuple(words),
        cmax=cmax,
        loading=loading,
        n_subjects=subjects,
        seed=seed,
        shortcuts=published.shortcuts_of(
            pnu_compat,
            criterion=criterion,
            window=window,
            caps=caps,
            population="drawn" if EMPIRICAL in map(str.casefold, words) else None,
            variability=variability,
            pd_scaler=pd_scaler,
        ),
    )
    from qkdrp.cli.dose_sources import dose_source

    needed = question.shortcuts.variability == "model"
    found = dose_source(run, source, variability=needed)
    fits = published.fitting(question.shortcuts, found, strict=pd_scaler is not None)
    _find(found, replace(question, shortcuts=fits), output)


def _find(source: "DoseSource", question: "Question", output: Path | None) -> None:
    """Find the dose of a run, print it with its checks, and write it where that is asked for."""
    from qkdrp.cli.console import print_folder
    from qkdrp.cli.reading_bar import ReadingBar
    from qkdrp.common.progress import heard_by
    from qkdrp.systems.pkpd.dose.outcome import answer_question

    bar = ReadingBar(advice="")
    with heard_by(bar):
        outcome = answer_question(source, question)
    bar.close()
    _print(outcome)
    if output is not None:
        from qkdrp.reports.dose.write import write_dose

        write_dose(outcome, output)
        print_folder("dose", output)


def _print(outcome: "Outcome") -> None:
    """Print a dose, what it rests on and its checks."""
    from qkdrp.cli.console import console, print_note
    from qkdrp.systems.pkpd.dose.answer import DISCLAIMER

    out, question = console(), outcome.question
    out.print(f"dose     {outcome.answer}", soft_wrap=True)
    out.print(f"{outcome.lower.criterion.fraction:<8.0%} {outcome.lower}", soft_wrap=True)
    out.print(f"for      {outcome.answer.population}", soft_wrap=True)
    for name, value in question.shortcuts.taken.items():
        out.print(f"shortcut {name}={value}: {question.shortcuts.words_of(name)}", soft_wrap=True)
    for note in outcome.source.notes:
        out.print(f"model    {note}", soft_wrap=True)
    if outcome.above_cmax is not None:
        out.print(f"cmax     {outcome.above_cmax:.1%} of subjects exceed {question.cmax:g} mg/L")
    if outcome.loading is not None:
        out.print(f"loading  {outcome.loading}", soft_wrap=True)
    for check in outcome.checks:
        out.print(f"check    {check}", soft_wrap=True)
    if outcome.source.trial.synthetic:
        print_note("the trial's numbers are made up (synthetic data)")
    out.print(DISCLAIMER)
