"""``qkdrp evaluate``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.backends.registry import check_backend
from qkdrp.cli.options import HARDWARE, NOISE, Backend, Output, Threads
from qkdrp.cli.options_from_models import Section, with_options
from qkdrp.common.errors import ConfigError
from qkdrp.common.settings import Settings
from qkdrp.runs.run_path import check_run_path

OF_TRAINING = ("gradient", "train_noise", "train_trajectories", "allow_hardware_training")
"""Options of backends that evaluating does not take."""


@with_options(
    Section(NoiseOptions, NOISE, without=OF_TRAINING),
    Section(HardwareOptions, HARDWARE, without=OF_TRAINING),
)
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    *,
    backend: Backend = "aer_exact",
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="Compute scores and figures again from values paid for before; send nothing.",
            rich_help_panel=HARDWARE,
        ),
    ] = False,
    values: Annotated[
        str | None,
        typer.Option(
            help="What to replay: a folder with expectations.csv, or the number of an evaluation "
            "of qkdrp jobs list. [default: the only ones of the run]",
            metavar="WHICH",
            rich_help_panel=HARDWARE,
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option(help="Repetitions, each with new shots: mean and interval of scores.")
    ] = 1,
    source: Annotated[
        str | None,
        typer.Option("--data", help="The run's data folder, if it has moved.", metavar="FOLDER"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of shots and trajectories.", min=0)] = 0,
    threads: Threads = 0,
    output: Output = None,
    **settings: object,
) -> None:
    """Evaluate a trained run on any backend, on the test samples of its split."""
    noise = NoiseOptions.among(settings)
    hardware = HardwareOptions.among(settings)
    options = noise.of_backend() | hardware.of_backend()
    if replay:
        _refuse_with_replay(noise, hardware)
        check_run_path(run)
        ledger = hardware.ledger
        _replay(run, values, source=source, output=output, threads=threads, ledger=ledger)
        return
    check_backend(backend, options)
    check_run_path(run)
    if hardware.dry_run:
        _preview(run, backend, options, source)
        return
    _evaluate(
        run,
        backend,
        no_wait=hardware.no_wait,
        source=source,
        output=output,
        threads=threads,
        options=options,
        repeats=repeats,
        seed=seed,
    )


def _evaluate(run: Path, backend: str, *, no_wait: bool, **settings: Any) -> None:  # noqa: ANN401
    """Evaluate and print the results, or that they are on their way where nobody waits.

    Args:
        run: The run folder.
        backend: Name of the backend.
        no_wait: Whether jobs that have not ended are no error.
        settings: Passed on to :func:`qkdrp.runs.evaluate.evaluate`.
    """
    from qkdrp.cli.hardware_report import print_cost
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.cli.report import report_evaluation
    from qkdrp.common.errors import JobsPendingError
    from qkdrp.runs.evaluate import evaluate as run_evaluation

    try:
        with CircuitBar() as bar:
            evaluation = run_evaluation(
                run,
                backend,
                **settings,
                on_progress=bar.update,
                on_cost=print_cost,
                on_note=bar.note,
            )
    except JobsPendingError as error:
        if not no_wait:
            raise
        print(f"submitted: {error}")  # noqa: T201
        return
    report_evaluation(evaluation)


def _refuse_with_replay(*given: Settings) -> None:
    """Raise where an option is given that a replay, which asks for no values, would not heed.

    Raises:
        ConfigError: Names the option.
    """
    unheeded = [name for each in given for name in each.model_dump(exclude_defaults=True)]
    for name in unheeded:
        if name != "ledger":
            raise ConfigError(
                f"--replay takes kept values and asks for no new ones: leave out "
                f"--{name.replace('_', '-')}, or --replay."
            )


def _preview(run: Path, backend: str, options: dict[str, object], source: str | None) -> None:
    from qkdrp.cli.hardware_report import print_preview
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.runs.cost_preview import preview

    with CircuitBar() as bar:
        found = preview(run, backend, options, bar.update, source)
    print_preview(found)


def _replay(run: Path, values: str | None, **settings: Any) -> None:  # noqa: ANN401
    from qkdrp.cli.console import console, print_note
    from qkdrp.cli.report import report_evaluation
    from qkdrp.runs.replay import replay

    done = replay(run, values, **settings, on_note=print_note)
    console().print(f"replay   values of {done.origin}; nothing was sent", soft_wrap=True)
    report_evaluation(done.evaluation)
