"""``qkdrp predict``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.backends.registry import check_backend
from qkdrp.cli.evaluate import OF_TRAINING
from qkdrp.cli.options import HARDWARE, NOISE, Backend, Threads
from qkdrp.cli.options_from_models import Section, with_options
from qkdrp.cli.sample_options import read_settings, sample_sections
from qkdrp.runs.run_path import check_samples_path, run_paths

if TYPE_CHECKING:
    from qkdrp.runs.predict_new import PredictionRequest

Runs = Annotated[
    list[Path],
    typer.Argument(
        help="Run folders: several that learned the same are an ensemble, of several drugs a "
        "ranking.",
        metavar="RUN...",
    ),
]
Samples = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="New samples without responses: a folder with tables as the runs were trained on, or "
        "a table of expression.",
        metavar="FOLDER|FILE",
    ),
]
TrainData = Annotated[
    str | None,
    typer.Option(
        "--train-data", help="Data that the runs were trained on, if moved.", metavar="FOLDER"
    ),
]


@with_options(
    *sample_sections(),
    Section(NoiseOptions, NOISE, without=OF_TRAINING),
    Section(HardwareOptions, HARDWARE, without=OF_TRAINING),
)
def predict(
    *,
    runs: Runs,
    source: Samples = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="A new CSV file; page and record get its name. [default: predictions.csv]",
            metavar="FILE",
        ),
    ] = None,
    train_data: TrainData = None,
    backend: Backend = "statevector",
    seed: Annotated[int, typer.Option(help="Of shots and trajectories.", min=0)] = 0,
    threads: Threads = 0,
    **settings: object,
) -> None:
    """Predict samples that no run has seen, in the user's units, with intervals."""
    noise = NoiseOptions.among(settings)
    hardware = HardwareOptions.among(settings)
    options = noise.of_backend() | hardware.of_backend()
    check_backend(backend, options)
    runs = run_paths(runs)
    samples = read_settings(runs, settings)
    check_samples_path(source)
    from qkdrp.runs.predict_new import PredictionRequest

    request = PredictionRequest(
        runs=runs,
        source=source,
        output=output or _free_name(Path("predictions.csv")),
        settings=samples,
        train_data=train_data,
        threads=threads,
        options=options,
        seed=seed,
    )
    if hardware.dry_run:
        _preview(request, backend)
    else:
        _predict(request, backend, no_wait=hardware.no_wait)


def _predict(request: "PredictionRequest", backend: str, *, no_wait: bool) -> None:
    """Predict and print the results, or that they are on their way where nobody waits."""
    from qkdrp.cli.hardware_report import print_cost
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.cli.prediction_report import report_predictions
    from qkdrp.common.errors import JobsPendingError
    from qkdrp.reports.predictions import write_prediction_page
    from qkdrp.runs.predict_new import predict_new

    try:
        with CircuitBar() as bar:
            predicted = predict_new(request, backend, bar.update, print_cost)
    except JobsPendingError as error:
        if not no_wait:
            raise
        print(f"submitted: {error}")  # noqa: T201
        return
    write_prediction_page(request, predicted.table, predicted.record)
    report_predictions(predicted)


def _preview(request: "PredictionRequest", backend: str) -> None:
    from qkdrp.cli.hardware_report import print_preview
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.common.errors import ConfigError
    from qkdrp.runs.predict_new import preview

    with CircuitBar() as bar:
        found = preview(request, backend, bar.update)
    if found is None:
        raise ConfigError("No run has a circuit: predictions cost nothing.")
    print_preview(found)


def _free_name(wanted: Path) -> Path:
    """Return a name that no file has yet, with a number where it is taken."""
    path, number = wanted, 1
    while any(path.with_suffix(end).exists() for end in (".csv", ".html", ".json")):
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    return path
