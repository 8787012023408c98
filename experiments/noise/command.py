"""``qkdrp experiment noise-sensitivity``."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qkdrp.cli.hardware_options import (
    Device,
    DryRun,
    DynamicalDecoupling,
    FractionalGates,
    Instance,
    LedgerFile,
    MaxQpuSeconds,
    Mode,
    NoWait,
    Resilience,
    Resubmit,
    RuntimeEstimator,
    Twirling,
    hardware_options,
)
from qkdrp.cli.options import (
    Decimal,
    Output,
    Partner,
    Source,
    StratifyTest,
    VarianceThreshold,
    ZScore,
    read_angle,
)
from qkdrp.experiments.study import options
from qkdrp.experiments.study.options import Text, counted, listed, separated
from qkdrp.systems.response.config import DataConfig, FitConfig

if TYPE_CHECKING:
    from qkdrp.experiments.noise.config import NoiseConfig
    from qkdrp.experiments.noise.device import Hardware
    from qkdrp.experiments.noise.plan import NoisePlan

HELP = "How noise changes models of different a and r, and whether the best a and r move."
"""What the study does, in one line."""

SIMULATED, HARDWARE = "aer_noisy", "ibm_runtime"
"""Where models can be evaluated."""

OF_ONE_CALL = ("mode", "max_qpu_seconds", "ledger", "wait", "resubmit")
"""Options of hardware that values do not depend on: a study may be resumed with others."""

_D, _F = DataConfig(), FitConfig()
_NOISE = "Noise"

Begin = Callable[["NoiseConfig", dict[str, Any]], None]


def command(run: Begin) -> Callable[..., None]:
    """Return the command; what it does with the settings is up to ``run``."""

    def noise_sensitivity(
        *,
        source: Source = _D.source,
        partner: Partner = None,
        decimal: Decimal = None,
        zscore: ZScore = None,
        variance_threshold: VarianceThreshold = _D.variance_threshold,
        stratify_test: StratifyTest = _D.stratify_test,
        drugs: options.Drugs = None,
        models: options.Models = None,
        n_qubits: options.NQubits = None,
        n_encoding: options.NEncoding = None,
        n_variational: options.NVariational = None,
        lr: options.LearningRates = None,
        a: options.AValues = None,
        r: options.RValues = None,
        design: Annotated[
            Text,
            typer.Option(
                help="cross (all a at the reference r, all r at the reference a) or grid.",
                metavar="NAME",
                rich_help_panel=options.TRIED,
                show_default="by preset",
            ),
        ] = None,
        reference_a: Annotated[
            float | None, counted("Where the cross meets. [default: 20]", options.TRIED)
        ] = None,
        reference_r: Annotated[
            Text,
            typer.Option(help="The same, radians. [default: pi/2]", rich_help_panel=options.TRIED),
        ] = None,
        trainings: Annotated[Text, listed("exact, noise-aware", options.TRIED)] = None,
        train_scales: Annotated[
            Text, listed("Noise scales of noise-aware training", options.TRIED)
        ] = None,
        noise: Annotated[
            list[str] | None,
            typer.Option(
                help="A source of noise as for qkdrp evaluate; may be given several times. "
                "[default: fake_torino]",
                metavar="SOURCE",
                rich_help_panel=_NOISE,
            ),
        ] = None,
        scales: Annotated[Text, listed("Scales of the noise", _NOISE)] = None,
        parts: Annotated[
            Text, listed("all, or gates, relaxation, readout, or such as gates+readout", _NOISE)
        ] = None,
        shots: Annotated[Text, listed("Numbers of shots, 0 for infinitely many", _NOISE)] = None,
        repetitions: Annotated[
            int | None, counted("Evaluations of a cell with shots, each with new ones.", _NOISE)
        ] = None,
        gradient_rows: Annotated[
            int | None,
            counted("Training samples whose gradient is looked at; 0 for none.", _NOISE),
        ] = None,
        backend: Annotated[
            str,
            typer.Option(
                help=f"Where trained models are evaluated: {SIMULATED}, or {HARDWARE} for the "
                "chosen ones, too.",
                metavar="NAME",
                rich_help_panel=options.WORK,
            ),
        ] = SIMULATED,
        chosen: Annotated[
            Text,
            typer.Option(
                help="Which trained models go to hardware, such as "
                "'a=20,r=pi/2|pi,training=exact,repeat=1,fold=1'; by drug and model, too; or all. "
                "[default: repeat=1,fold=1]",
                metavar="CHOICE",
                rich_help_panel="Hardware (ibm_runtime)",
            ),
        ] = None,
        device: Device = None,
        instance: Instance = None,
        mode: Mode = None,
        resilience: Resilience = None,
        dynamical_decoupling: DynamicalDecoupling = None,
        twirling: Twirling = None,
        fractional_gates: FractionalGates = None,
        max_qpu_seconds: MaxQpuSeconds = None,
        runtime_estimator: RuntimeEstimator = None,
        ledger: LedgerFile = None,
        no_wait: NoWait = False,
        resubmit: Resubmit = False,
        dry_run: DryRun = False,
        preset: options.Preset = "small",
        repeats: options.Repeats = None,
        folds: options.Folds = None,
        epochs: options.Epochs = None,
        batch_size: options.BatchSize = _F.batch_size,
        centre_head: options.CentreHead = _F.centre_head,
        seed: options.Seed = 0,
        workers: options.Workers = 0,
        scheduler: options.Scheduler = None,
        output: Output = None,
        resume: options.Resume = False,
    ) -> None:
        given = dict(locals())
        run(_config(given), given)

    return noise_sensitivity


def _config(given: dict[str, Any]) -> "NoiseConfig":
    from qkdrp.common.errors import ConfigError
    from qkdrp.experiments.commands import common_settings
    from qkdrp.experiments.noise.config import NoiseConfig, preset

    if given["backend"] not in (SIMULATED, HARDWARE):
        raise ConfigError(
            f"backend = {given['backend']!r}: models of this study are evaluated on {SIMULATED}, "
            f"or on {HARDWARE}, too."
        )
    reference_r = given["reference_r"]
    values = {
        "noise": tuple(given["noise"]) if given["noise"] else None,
        **{key: separated(given[key], str) for key in ("parts", "trainings")},
        **{key: separated(given[key], float) for key in ("scales", "train_scales")},
        "shots": separated(given["shots"], int),
        "reference_r": None if reference_r is None else read_angle(reference_r),
        **{
            key: given[key]
            for key in ("design", "reference_a", "repetitions", "gradient_rows", "chosen")
        },
    }
    settings = common_settings(given, preset(given["preset"]))
    settings |= {key: value for key, value in values.items() if value is not None}
    if given["backend"] == HARDWARE:
        hardware = hardware_options(given)
        settings["device"] = {
            "device": "",
            **{key: value for key, value in hardware.items() if key not in OF_ONE_CALL},
        }
    return NoiseConfig.make(**settings)


def _make_plan(
    config: "NoiseConfig", given: dict[str, Any], hardware: "Hardware | None"
) -> "NoisePlan":
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.experiments.noise.plan import NoisePlan

    with CircuitBar() as bar:
        folder = given["output"] if given["resume"] else None
        return NoisePlan(config, folder, hardware, bar.update)


def _open(stack: ExitStack, config: "NoiseConfig", given: dict[str, Any]) -> "Hardware | None":
    """Open the device, where one is asked for."""
    if given["backend"] != HARDWARE:
        return None
    from qkdrp.experiments.noise.device import Hardware

    call = {key: v for key, v in hardware_options(given).items() if key in OF_ONE_CALL}
    return stack.enter_context(Hardware(config.device | call, config.shots))


def run(config: "NoiseConfig", given: dict[str, Any]) -> None:
    """Run the study, or say what it would cost on hardware."""
    from qkdrp.common.errors import ConfigError
    from qkdrp.experiments.commands import conduct_plan

    if given["dry_run"] and given["backend"] != HARDWARE:
        raise ConfigError(f"--dry-run tells what hardware costs: give --backend {HARDWARE}, too.")
    with ExitStack() as stack:
        hardware = _open(stack, config, given)
        plan = _make_plan(config, given, hardware)
        if hardware is not None:
            _show_costs(plan, dry=given["dry_run"])
        if not given["dry_run"]:
            conduct_plan(plan, given)


def _show_costs(plan: "NoisePlan", *, dry: bool) -> None:
    from qkdrp.experiments.noise.preview import print_costs

    print_costs(plan.device_costs(), dry=dry)


def show_plan(config: "NoiseConfig", given: dict[str, Any]) -> None:
    """Print what the study would take."""
    from qkdrp.experiments.study.estimate import show_estimate

    with ExitStack() as stack:
        hardware = _open(stack, config, given)
        plan = _make_plan(config, given, hardware)
        if hardware is not None:
            _show_costs(plan, dry=True)
        cells = len(plan.cells)
        print(f"{len(plan.places)} trained models, {cells} cells each")  # noqa: T201
        show_estimate(plan)


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add the command, and its plan."""
    app.command("noise-sensitivity", help=HELP)(command(run))
    plans.command("noise-sensitivity", help=HELP)(command(show_plan))
