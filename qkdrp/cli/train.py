"""``qkdrp train``."""

from typing import Annotated

import typer

from qkdrp.circuits import ENTANGLERS, MEASUREMENTS
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
    Decimal,
    Gradient,
    Method,
    Noise,
    NoiseParts,
    NoiseScale,
    Output,
    Partner,
    Shots,
    Source,
    StratifyTest,
    Threads,
    TrainNoise,
    TrainTrajectories,
    Trajectories,
    VarianceThreshold,
    ZScore,
    noise_options,
    read_angle,
)
from qkdrp.systems.response.config import DataConfig, FitConfig, ModelConfig, TrainConfig

_D = TrainConfig()
_CIRCUIT, _TRAINING = "Model", "Training"


def train(
    *,
    source: Source = _D.data.source,
    drug: Annotated[
        str | None,
        typer.Option(help="Drug; may be left out where there is only one.", rich_help_panel=DATA),
    ] = None,
    partner: Partner = None,
    decimal: Decimal = None,
    zscore: ZScore = None,
    variance_threshold: VarianceThreshold = _D.data.variance_threshold,
    stratify_test: StratifyTest = _D.data.stratify_test,
    model: Annotated[
        str,
        typer.Option(
            help="classic, identity, layernorm, tanh, moderated, frozen, dense or squashed.",
            metavar="NAME",
            rich_help_panel=_CIRCUIT,
        ),
    ] = _D.model.model,
    n_qubits: Annotated[
        int, typer.Option(help="Qubits, n1.", rich_help_panel=_CIRCUIT)
    ] = _D.model.n_qubits,
    n_encoding: Annotated[
        int, typer.Option(help="Encoding layers, n2.", rich_help_panel=_CIRCUIT)
    ] = _D.model.n_encoding,
    n_variational: Annotated[
        int, typer.Option(help="Variational layers per block, n3.", rich_help_panel=_CIRCUIT)
    ] = _D.model.n_variational,
    measurement: Annotated[
        str,
        typer.Option(help=f"{', '.join(MEASUREMENTS)}.", metavar="NAME", rich_help_panel=_CIRCUIT),
    ] = _D.model.measurement,
    entangler: Annotated[
        str,
        typer.Option(help=f"{', '.join(ENTANGLERS)}.", metavar="NAME", rich_help_panel=_CIRCUIT),
    ] = _D.model.entangler,
    absorb_tail: Annotated[
        bool,
        typer.Option(
            help="Move the last CNOTs into the observables: same numbers, less depth.",
            rich_help_panel=_CIRCUIT,
        ),
    ] = _D.model.absorb_tail,
    a: Annotated[
        float,
        typer.Option(help="Input scale of r*tanh(phi/a).", rich_help_panel=_CIRCUIT),
    ] = _D.model.a,
    r: Annotated[
        float,
        typer.Option(
            help="Output range of r*tanh(phi/a) in radians; pi/2, 3pi/4 and the like.",
            parser=read_angle,
            metavar="ANGLE",
            show_default="pi/2",
            rich_help_panel=_CIRCUIT,
        ),
    ] = _D.model.r,
    learn_a_r: Annotated[
        bool, typer.Option(help="Train a and r.", rich_help_panel=_CIRCUIT)
    ] = _D.model.learn_a_r,
    epochs: Annotated[
        int, typer.Option(help="Largest number of epochs.", rich_help_panel=_TRAINING)
    ] = _D.fit.epochs,
    batch_size: Annotated[
        int, typer.Option(help="Samples in a batch.", rich_help_panel=_TRAINING)
    ] = _D.fit.batch_size,
    lr: Annotated[
        float, typer.Option(help="Learning rate of Adam.", rich_help_panel=_TRAINING)
    ] = _D.fit.lr,
    patience: Annotated[
        int,
        typer.Option(
            help="Epochs without a better validation AUC before stopping; 0 never stops.",
            rich_help_panel=_TRAINING,
        ),
    ] = _D.fit.patience,
    centre_head: Annotated[
        bool,
        typer.Option(
            help="Start the head where the mean prediction is the mean label.",
            rich_help_panel=_TRAINING,
        ),
    ] = _D.fit.centre_head,
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
    seed: Annotated[int, typer.Option(help="Of split, initial weights and shuffling.")] = _D.seed,
    threads: Threads = _D.threads,
    output: Output = None,
) -> None:
    """Train a model on one drug and write a run folder."""
    given = dict(locals())
    config = TrainConfig.make(
        data=DataConfig.pick(given),
        model=ModelConfig.pick(given),
        fit=FitConfig.pick(given),
        backend=backend,
        backend_options=noise_options(given) | hardware_options(given),
        seed=seed,
        threads=threads,
    )
    from qkdrp.cli.console import print_note
    from qkdrp.cli.report import TrainReport
    from qkdrp.common.stop_signals import held_back
    from qkdrp.runs.new_folder import refuse_taken
    from qkdrp.runs.train import prepare
    from qkdrp.runs.train import train as run_training

    refuse_taken(output)
    prepared = prepare(config)
    with held_back():  # until the user knows where the run is
        with TrainReport(prepared) as report:
            run, metrics = run_training(prepared, output, report.epoch, report.circuits, print_note)
        report.finished(run.path, metrics)
    if metrics["status"] == "interrupted" or output not in {None, run.path}:
        raise typer.Exit(1)
