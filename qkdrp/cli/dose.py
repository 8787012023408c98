"""``qkdrp dose``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qkdrp.cli.options import Output
from qkdrp.runs.run_path import check_run_path

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.dose.outcome import Question

N_SUBJECTS = 16384


def dose(
    run: Annotated[Path, typer.Argument(help="A run folder of train-pkpd.", metavar="RUN")],
    more: Annotated[
        list[str] | None,
        typer.Argument(help="More words of --population.", metavar="NAME=VALUES"),
    ] = None,
    *,
    target: Annotated[
        float, typer.Option(help="What the biomarker must keep to, in its unit.", metavar="VALUE")
    ],
    fraction: Annotated[
        float, typer.Option(help="Share of subjects in which it must, 0 to 1.")
    ] = 0.9,
    interval: Annotated[float, typer.Option(help="Time between doses.", metavar="HOURS")] = 24.0,
    grid: Annotated[float, typer.Option(help="Step of doses.", metavar="MG")] = 0.5,
    population: Annotated[
        list[str] | None,
        typer.Option(
            help="Whom the dose is for: NAME=VALUES, VALUES one of uniform:LOW,HIGH "
            "normal:MEAN,SD lognormal:MEDIAN,SD share:SHARE among:A,B,... or a number; or "
            "empirical, to draw the trial's own subjects. Left out: the trial's range of weights "
            "and shares.",
            metavar="NAME=VALUES",
        ),
    ] = None,
    direction: Annotated[
        Literal["below", "above"], typer.Option(help="On which side of the target it must stay.")
    ] = "below",
    cmax: Annotated[
        float | None,
        typer.Option(help="A limit of concentration: tell the share above it.", metavar="MG/L"),
    ] = None,
    noise: Annotated[
        bool,
        typer.Option("--noise/--no-noise", help="Ask it of measured values instead of true ones."),
    ] = False,
    loading: Annotated[
        bool, typer.Option("--loading", help="Also: loading dose and time to steady state.")
    ] = False,
    subjects: Annotated[int, typer.Option(help="Virtual subjects.", min=1)] = N_SUBJECTS,
    seed: Annotated[int, typer.Option(help="Of the virtual subjects.", min=0)] = 0,
    source: Annotated[
        str | None, typer.Option("--data", help="The run's trial, if it has moved.", metavar="FILE")
    ] = None,
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
