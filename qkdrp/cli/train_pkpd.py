"""``qkdrp train-pkpd``."""

from typing import Annotated

import typer

from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.backends.registry import check_backend
from qkdrp.cli.options import DATA, HARDWARE, NOISE, Backend, Output, Threads
from qkdrp.cli.options_from_models import Section, option, with_options
from qkdrp.cli.resume import CheckpointEvery, Resume, refuse_other_options
from qkdrp.cli.run_settings import OF_EVALUATION, run_settings
from qkdrp.cli.train import train_and_report
from qkdrp.runs.new_folder import refuse_taken
from qkdrp.runs.run_path import check_run_path
from qkdrp.systems.pkpd.config import DataConfig, FitConfig, ModelConfig, PkpdConfig

_D = PkpdConfig()


@with_options(
    Section(DataConfig, DATA),
    Section(ModelConfig, "Model"),
    Section(FitConfig, "Training", without=("device", "centre_head")),
    Section(NoiseOptions, NOISE),
    Section(HardwareOptions, HARDWARE, without=OF_EVALUATION),
)
def train_pkpd(
    *,
    backend: Backend = _D.backend,
    seed: Annotated[int, option(PkpdConfig, "seed")] = _D.seed,
    threads: Threads = _D.threads,
    data_licence: Annotated[str | None, option(PkpdConfig, "data_licence", DATA)] = None,
    output: Output = None,
    torch_device: Annotated[str, option(FitConfig, "device", "Training")] = _D.fit.device,
    resume: Resume = None,
    checkpoint_every: CheckpointEvery = 30.0,
    context: typer.Context,
    **settings: object,
) -> None:
    """Train a model on a trial with doses, concentrations and a biomarker, and write a run."""
    if resume is not None:
        refuse_other_options(context)
    config = run_settings(
        PkpdConfig,
        settings,
        torch_device,
        backend=backend,
        seed=seed,
        threads=threads,
        data_licence=data_licence,
    )
    refuse_taken(output)
    if resume is None:
        check_backend(config.backend, config.backend_options)
    else:
        check_run_path(resume)
    train_and_report(config, output, resume, checkpoint_every)
