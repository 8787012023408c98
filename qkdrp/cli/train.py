"""``qkdrp train``."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.hardware_options import (
    AllowHardwareTraining,
    Device,
    Instance,
    LedgerFile,
    MaxQpuSeconds,
    Mode,
    Resilience,
    hardware_options,
)
from qkdrp.cli.options import (
    DATA,
    Backend,
    Gradient,
    Method,
    Noise,
    NoiseParts,
    NoiseScale,
    Output,
    Shots,
    Threads,
    TrainNoise,
    TrainTrajectories,
    Trajectories,
    noise_options,
)
from qkdrp.cli.options_from_models import Section, option, with_options
from qkdrp.cli.resume import CheckpointEvery, Resume, refuse_other_options
from qkdrp.systems.response.config import DataConfig, FitConfig, ModelConfig, TrainConfig

_D = TrainConfig()


@with_options(
    Section(DataConfig, DATA), Section(ModelConfig, "Model"), Section(FitConfig, "Training")
)
def train(
    *,
    backend: Backend = _D.backend,
    noise: Noise = None,
    noise_scale: NoiseScale = None,
    noise_parts: NoiseParts = None,
    shots: Shots = None,
    method: Method = None,
    trajectories: Trajectories = None,
    gradient: Gradient = None,
    train_noise: TrainNoise = None,
    train_trajectories: TrainTrajectories = None,
    device: Device = None,
    instance: Instance = None,
    mode: Mode = None,
    resilience: Resilience = None,
    max_qpu_seconds: MaxQpuSeconds = None,
    ledger: LedgerFile = None,
    allow_hardware_training: AllowHardwareTraining = False,
    seed: Annotated[int, option(TrainConfig, "seed")] = _D.seed,
    threads: Threads = _D.threads,
    data_licence: Annotated[str | None, option(TrainConfig, "data_licence", DATA)] = None,
    output: Output = None,
    resume: Resume = None,
    checkpoint_every: CheckpointEvery = 30.0,
    context: typer.Context,
    **settings: object,
) -> None:
    """Train a model on one drug and write a run folder."""
    given = dict(locals())
    if resume is not None:
        refuse_other_options(context)
    config = TrainConfig.make(
        data=DataConfig.pick(settings),
        model=ModelConfig.pick(settings),
        fit=FitConfig.pick(settings),
        backend=backend,
        backend_options=noise_options(given) | hardware_options(given),
        seed=seed,
        threads=threads,
        data_licence=data_licence,
    )
    _run(config, output, resume, checkpoint_every)


def _run(
    config: TrainConfig, output: Path | None, resume: Path | None, checkpoint_every: float
) -> None:
    """Train, or go on with a training, and report it; exit with 1 where it was interrupted."""
    from qkdrp.cli.console import print_note
    from qkdrp.cli.train_report import TrainReport
    from qkdrp.common.stop_signals import held_back
    from qkdrp.runs.new_folder import refuse_taken
    from qkdrp.runs.prepare import prepare, prepare_resumed
    from qkdrp.runs.train import train as run_training

    refuse_taken(output)
    prepared = prepare(config) if resume is None else prepare_resumed(resume)
    folder = output if resume is None else resume
    with held_back():  # until the user knows where the run is
        with TrainReport(prepared) as report:
            run, metrics = run_training(
                prepared,
                folder,
                report.epoch,
                report.circuits,
                print_note,
                resumed=resume is not None,
                checkpoint_every=checkpoint_every,
            )
        report.finished(run.path, metrics)
    if metrics["status"] == "interrupted" or folder not in {None, run.path}:
        raise typer.Exit(1)
