"""``qkdrp train``."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.cli.final import Final, Folds, final_settings
from qkdrp.cli.options import DATA, HARDWARE, NOISE, Backend, Output, Threads, parse_names
from qkdrp.cli.options_from_models import Section, option, with_options
from qkdrp.cli.resume import CheckpointEvery, Resume, refuse_other_options
from qkdrp.cli.run_settings import OF_EVALUATION, run_settings
from qkdrp.cli.train_each import Drugs, train_each_and_report
from qkdrp.common.errors import ConfigError
from qkdrp.runs.new_folder import refuse_taken
from qkdrp.runs.run_path import check_run_path
from qkdrp.systems.response.checks import check_config
from qkdrp.systems.response.config import DataConfig, FitConfig, ModelConfig, TrainConfig
from qkdrp.training.run_config import RunConfig

_D = TrainConfig()


@with_options(
    Section(DataConfig, DATA),
    Section(ModelConfig, "Model"),
    Section(FitConfig, "Training", without=("device",)),
    Section(NoiseOptions, NOISE),
    Section(HardwareOptions, HARDWARE, without=OF_EVALUATION),
)
def train(
    *,
    backend: Backend = _D.backend,
    seed: Annotated[int, option(TrainConfig, "seed")] = _D.seed,
    threads: Threads = _D.threads,
    data_licence: Annotated[str | None, option(TrainConfig, "data_licence", DATA)] = None,
    output: Output = None,
    torch_device: Annotated[str, option(FitConfig, "device", "Training")] = _D.fit.device,
    drugs: Drugs = None,
    final: Final = False,
    folds: Folds = None,
    resume: Resume = None,
    checkpoint_every: CheckpointEvery = 30.0,
    context: typer.Context,
    **settings: object,
) -> None:
    """Train a model on one drug, or on each of several, and write a run folder for each."""
    if resume is not None:
        refuse_other_options(context)
    config = run_settings(
        TrainConfig,
        settings,
        torch_device,
        backend=backend,
        seed=seed,
        threads=threads,
        data_licence=data_licence,
        final=final_settings(final, folds, context),
    )
    if drugs is not None:
        if config.data.drug is not None:
            raise ConfigError("--drug and --drugs: give one of them.")
        check_config(config)
        train_each_and_report(config, parse_names(drugs), output, checkpoint_every)
        return
    refuse_taken(output)
    if resume is None:
        check_config(config)
    else:
        check_run_path(resume)
    train_and_report(config, output, resume, checkpoint_every)


def train_and_report(
    config: RunConfig, output: Path | None, resume: Path | None, checkpoint_every: float
) -> None:
    """Train, or go on with a training, and report it; exit with 1 where it was interrupted."""
    from qkdrp.cli.console import print_note
    from qkdrp.cli.report_page import write_page_of
    from qkdrp.cli.train_report import TrainReport
    from qkdrp.common.stop_signals import held_back
    from qkdrp.runs.prepare import prepare, prepare_resumed
    from qkdrp.runs.train import train as run_training

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
                on_step=report.step,
                on_stage=report.stage,
                on_preparing=report.preparing,
            )
        write_page_of(run.path)
        report.finished(run.path, metrics)
    if metrics["status"] == "interrupted" or folder not in {None, run.path}:
        raise typer.Exit(1)
