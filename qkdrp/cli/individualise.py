"""``qkdrp individualise``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from qkdrp.cli.dose_options import Grid
from qkdrp.cli.options import Output
from qkdrp.runs.run_path import check_run_path


def individualise(
    run: Annotated[Path, typer.Argument(help="A run folder of train-pkpd.", metavar="RUN")],
    *,
    data: Annotated[
        str,
        typer.Option(
            help="Table of patients in EstData form: covariates, doses and samples so far.",
            metavar="FILE",
        ),
    ],
    target: Annotated[
        float, typer.Option(help="What the biomarker must keep to, in its unit.", metavar="VALUE")
    ],
    direction: Annotated[
        Literal["below", "above"], typer.Option(help="On which side of the target it must stay.")
    ] = "below",
    interval: Annotated[float, typer.Option(help="Time between doses.", metavar="HOURS")] = 24.0,
    certainty: Annotated[float, typer.Option(help="Probability with which it must, 0 to 1.")] = 0.9,
    grid: Grid = None,
    output: Output = None,
) -> None:
    """Find the dose of single patients from a few samples. For research only."""
    check_run_path(run)
    from qkdrp.cli.console import console, print_folder, print_note
    from qkdrp.cli.dose_sources import SYSTEM
    from qkdrp.runs.new_folder import refuse_taken
    from qkdrp.runs.reference_file import read_reference
    from qkdrp.runs.run_data import load_run_of
    from qkdrp.systems.pkpd.dose.answer import DISCLAIMER
    from qkdrp.systems.pkpd.population.patient import PatientQuestion
    from qkdrp.systems.pkpd.population.patients import patient_doses

    refuse_taken(output)
    question = PatientQuestion(target, direction, interval, certainty, grid)
    loaded = load_run_of(run, SYSTEM)
    reference = read_reference(run, loaded.system)
    found, trial = patient_doses(loaded, reference, data, question)
    out = console()
    for note in trial.notes:
        print_note(note)
    for each in found:
        out.print(f"dose     {each}", soft_wrap=True)
    out.print(DISCLAIMER)
    if output is not None:
        from qkdrp.reports.dose.patients import write_patients

        write_patients(found, trial, output)
        print_folder("individual doses", output)
