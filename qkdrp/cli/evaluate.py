"""``qkdrp evaluate``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from qkdrp.cli.hardware_options import (
    Device,
    DryRun,
    DynamicalDecoupling,
    FractionalGates,
    Instance,
    KeptValues,
    LedgerFile,
    MaxQpuSeconds,
    Mode,
    NoWait,
    OverQuota,
    PricePerSecond,
    RepDelay,
    Replay,
    Resilience,
    Resubmit,
    RuntimeEstimator,
    Twirling,
    hardware_options,
    refuse_with_replay,
)
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
    device: Device = None,
    instance: Instance = None,
    mode: Mode = None,
    resilience: Resilience = None,
    dynamical_decoupling: DynamicalDecoupling = None,
    twirling: Twirling = None,
    fractional_gates: FractionalGates = None,
    max_qpu_seconds: MaxQpuSeconds = None,
    runtime_estimator: RuntimeEstimator = None,
    rep_delay: RepDelay = None,
    price: PricePerSecond = None,
    over_quota: OverQuota = False,
    ledger: LedgerFile = None,
    no_wait: NoWait = False,
    resubmit: Resubmit = False,
    dry_run: DryRun = False,
    replay: Replay = False,
    values: KeptValues = None,
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
    given = dict(locals())
    options = noise_options(given) | hardware_options(given)
    if replay:
        refuse_with_replay(given)
        _replay(run, values, source=source, output=output, threads=threads, ledger=ledger)
        return
    if dry_run:
        _preview(run, backend, options)
        return
    _evaluate(
        run,
        backend,
        no_wait=no_wait,
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
                run, backend, **settings, on_progress=bar.update, on_cost=print_cost
            )
    except JobsPendingError as error:
        if not no_wait:
            raise
        print(f"submitted: {error}")  # noqa: T201
        return
    report_evaluation(evaluation)


def _preview(run: Path, backend: str, options: dict[str, object]) -> None:
    from qkdrp.cli.hardware_report import print_preview
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.runs.cost_preview import preview

    with CircuitBar() as bar:
        found = preview(run, backend, options, bar.update)
    print_preview(found)


def _replay(run: Path, values: str | None, **settings: Any) -> None:  # noqa: ANN401
    from qkdrp.cli.console import console, print_note
    from qkdrp.cli.report import report_evaluation
    from qkdrp.runs.replay import replay

    done = replay(run, values, **settings, on_note=print_note)
    console().print(f"replay   values of {done.origin}; nothing was sent", soft_wrap=True)
    report_evaluation(done.evaluation)
