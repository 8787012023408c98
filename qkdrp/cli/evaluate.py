"""``qkdrp evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.options import (
    Backend,
    Method,
    Noise,
    NoiseParts,
    NoiseScale,
    Output,
    Shots,
    Threads,
    Trajectories,
    noise_options,
)


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    *,
    backend: Backend = "aer_exact",
    noise: Noise = None,
    noise_scale: NoiseScale = None,
    noise_parts: NoiseParts = None,
    shots: Shots = None,
    method: Method = None,
    trajectories: Trajectories = None,
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
) -> None:
    """Evaluate a trained run on any backend, on the test samples of its split."""
    options = noise_options(locals())
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.cli.report import report_evaluation
    from qkdrp.evaluation import evaluate as run_evaluation

    with CircuitBar() as bar:
        evaluation = run_evaluation(
            run, backend, source, output, threads, options, repeats, seed, bar.update
        )
    report_evaluation(evaluation)
