"""``qkdrp validate``."""

from typing import Annotated

import typer

from qkdrp.backends.options import NoiseOptions
from qkdrp.backends.registry import check_backend
from qkdrp.cli.evaluate import OF_TRAINING
from qkdrp.cli.options import NOISE, Backend, Output, Threads
from qkdrp.cli.options_from_models import Section, with_options
from qkdrp.cli.predict import Runs, TrainData
from qkdrp.cli.sample_options import read_settings, sample_sections
from qkdrp.runs.new_folder import refuse_taken
from qkdrp.runs.run_path import check_samples_path, run_paths
from qkdrp.training.new_sample_settings import OutcomeSettings, refuse_hardware


@with_options(
    *sample_sections(of_cohorts=True, without=("coverage",)),
    Section(NoiseOptions, NOISE, without=OF_TRAINING),
)
def validate(
    *,
    runs: Runs,
    source: Annotated[
        str,
        typer.Option(
            "--data",
            help="An external cohort: a folder with an expression and a response table.",
            metavar="FOLDER",
        ),
    ],
    measure: Annotated[
        str | None,
        typer.Option(
            help="Column of the response table that is compared by rank. "
            "[default: ln_ic50, ic50, pic50 or auc, where it is there]",
            metavar="COLUMN",
        ),
    ] = None,
    direction: Annotated[
        str | None,
        typer.Option(
            help="On which side of it sensitive samples are: lower or higher.", metavar="NAME"
        ),
    ] = None,
    output: Output = None,
    train_data: TrainData = None,
    backend: Backend = "statevector",
    seed: Annotated[int, typer.Option(help="Of shots and trajectories.", min=0)] = 0,
    threads: Threads = 0,
    **settings: object,
) -> None:
    """Score runs on a cohort of other origin, with ridge regression beside them."""
    options = NoiseOptions.among(settings).of_backend()
    outcomes = OutcomeSettings.make(measure=measure, direction=direction)
    refuse_hardware(backend)
    check_backend(backend, options)
    runs = run_paths(runs)
    samples = read_settings(runs, settings)
    check_samples_path(source)
    refuse_taken(output)
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.cli.prediction_report import report_validation
    from qkdrp.runs.validate import ValidationRequest
    from qkdrp.runs.validate import validate as run_validation

    request = ValidationRequest(
        runs=runs,
        source=source,
        output=output,
        settings=samples,
        outcomes=outcomes,
        train_data=train_data,
        threads=threads,
        options=options,
        seed=seed,
    )
    with CircuitBar() as bar:
        validated = run_validation(request, backend, bar.update)
    report_validation(validated)
