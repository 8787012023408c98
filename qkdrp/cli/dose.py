"""``qkdrp dose``."""

from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.cli import dose_options as options
from qkdrp.cli.options import Output
from qkdrp.runs.run_path import check_run_path

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.dose.outcome import Question


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
    output: Output = None,
) -> None:
    """Find the smallest dose with which enough subjects keep to a target. For research only."""
    check_run_path(run)
    from qkdrp.runs.new_folder import refuse_taken
    from qkdrp.systems.pkpd.dose.criterion import Criterion
    from qkdrp.systems.pkpd.dose.outcome import Question

    refuse_taken(output)
    question = Question(
        criterion=Criterion(target, fraction, interval, direction, noise),
        grid=grid,
        words=tuple(word for text in [*(population or []), *(more or [])] for word in text.split()),
        cmax=cmax,
        loading=loading,
        n_subjects=subjects,
        seed=seed,
    )
    _find(run, source, question, output)


def _find(run: Path, source: str | None, question: "Question", output: Path | None) -> None:
    """Find the dose of a run, print it with its checks, and write it where that is asked for."""
    from qkdrp.cli.console import console, print_folder, print_note
    from qkdrp.cli.reading_bar import ReadingBar
    from qkdrp.common.progress import heard_by
    from qkdrp.runs.doses import dose_source
    from qkdrp.systems.pkpd.dose.answer import DISCLAIMER
    from qkdrp.systems.pkpd.dose.outcome import answer_question

    bar = ReadingBar(advice="")
    with heard_by(bar):
        outcome = answer_question(dose_source(run, source), question)
    bar.close()
    out = console()
    out.print(f"dose     {outcome.answer}", soft_wrap=True)
    out.print(f"{outcome.lower.criterion.fraction:<8.0%} {outcome.lower}", soft_wrap=True)
    out.print(f"for      {outcome.answer.population}", soft_wrap=True)
    if outcome.above_cmax is not None:
        out.print(f"cmax     {outcome.above_cmax:.1%} of subjects exceed {question.cmax:g} mg/L")
    if outcome.loading is not None:
        out.print(f"loading  {outcome.loading}", soft_wrap=True)
    for check in outcome.checks:
        out.print(f"check    {check}", soft_wrap=True)
    if outcome.source.trial.synthetic:
        print_note("the trial's numbers are made up (synthetic data)")
    out.print(DISCLAIMER)
    if output is not None:
        from qkdrp.reports.dose.write import write_dose

        write_dose(outcome, output)
        print_folder("dose", output)
