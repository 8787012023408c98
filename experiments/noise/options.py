"""Options of the study of noise, and the settings that they stand for."""

from collections.abc import Mapping
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
    OverQuota,
    PricePerSecond,
    RepDelay,
    Resilience,
    Resubmit,
    RuntimeEstimator,
    Twirling,
    hardware_options,
)
from qkdrp.cli.options import read_angle
from qkdrp.common.errors import ConfigError
from qkdrp.experiments.ito.options import (
    DataOptions,
    ProtocolOptions,
    TriedOptions,
    common_settings,
)
from qkdrp.experiments.study.options import (
    TRIED,
    WORK,
    Text,
    WorkOptions,
    counted,
    listed,
    separated,
)

if TYPE_CHECKING:
    from qkdrp.experiments.noise.config import NoiseConfig

SIMULATED, HARDWARE = "aer_noisy", "ibm_runtime"
"""Where models can be evaluated."""

OF_ONE_CALL = (
    "mode",
    "max_qpu_seconds",
    "ledger",
    "wait",
    "resubmit",
    "price",
    "over_quota",
)
"""Options of hardware that values do not depend on: a study may be resumed with others."""

_NOISE = "Noise"


class DesignOptions:
    """Which points of a and r, and which trainings."""

    design: Annotated[
        Text,
        typer.Option(
            help="cross (all a at the reference r, all r at the reference a) or grid.",
            metavar="NAME",
            rich_help_panel=TRIED,
            show_default="by preset",
        ),
    ] = None
    reference_a: Annotated[float | None, counted("Where the cross meets. [default: 20]", TRIED)] = (
        None
    )
    reference_r: Annotated[
        Text,
        typer.Option(help="The same, radians. [default: pi/2]", rich_help_panel=TRIED),
    ] = None
    trainings: Annotated[Text, listed("exact, noise-aware", TRIED)] = None
    train_scales: Annotated[Text, listed("Noise scales of noise-aware training", TRIED)] = None


class NoiseOptions:
    """Noise and shots of the evaluations."""

    noise: Annotated[
        list[str] | None,
        typer.Option(
            help="A source of noise as for qkdrp evaluate; may be given several times. "
            "[default: fake_torino]",
            metavar="SOURCE",
            rich_help_panel=_NOISE,
        ),
    ] = None
    scales: Annotated[Text, listed("Scales of the noise", _NOISE)] = None
    parts: Annotated[
        Text, listed("all, or gates, relaxation, readout, or such as gates+readout", _NOISE)
    ] = None
    shots: Annotated[Text, listed("Numbers of shots, 0 for infinitely many", _NOISE)] = None
    repetitions: Annotated[
        int | None, counted("Evaluations of a cell with shots, each with new ones.", _NOISE)
    ] = None
    gradient_rows: Annotated[
        int | None,
        counted("Training samples whose gradient is looked at; 0 for none.", _NOISE),
    ] = None
    backend: Annotated[
        str,
        typer.Option(
            help=f"Where trained models are evaluated: {SIMULATED}, or {HARDWARE} for the "
            "chosen ones, too.",
            metavar="NAME",
            rich_help_panel=WORK,
        ),
    ] = SIMULATED


class HardwareOptions:
    """Which trained models go to which device, and how."""

    chosen: Annotated[
        Text,
        typer.Option(
            help="Which trained models go to hardware, such as "
            "'a=20,r=pi/2|pi,training=exact,repeat=1,fold=1'; by drug and model, too; or all. "
            "[default: repeat=1,fold=1]",
            metavar="CHOICE",
            rich_help_panel="Hardware (ibm_runtime)",
        ),
    ] = None
    device: Device = None
    instance: Instance = None
    mode: Mode = None
    resilience: Resilience = None
    dynamical_decoupling: DynamicalDecoupling = None
    twirling: Twirling = None
    fractional_gates: FractionalGates = None
    max_qpu_seconds: MaxQpuSeconds = None
    rep_delay: RepDelay = None
    price: PricePerSecond = None
    over_quota: OverQuota = False
    runtime_estimator: RuntimeEstimator = None
    ledger: LedgerFile = None
    no_wait: NoWait = False
    resubmit: Resubmit = False
    dry_run: DryRun = False


OPTIONS = (
    DataOptions,
    TriedOptions,
    DesignOptions,
    NoiseOptions,
    HardwareOptions,
    ProtocolOptions,
    WorkOptions,
)
"""Options of the study."""


def config_of(given: Mapping[str, Any]) -> "NoiseConfig":
    """Return the settings that options stand for.

    Raises:
        QkdrpError: If one is invalid, or the data cannot be read.
    """
    from qkdrp.experiments.noise.config import NoiseConfig, preset

    if given["backend"] not in (SIMULATED, HARDWARE):
        raise ConfigError(
            f"backend = {given['backend']!r}: models of this study are evaluated on {SIMULATED}, "
            f"or on {HARDWARE}, too."
        )
    own = _own_settings(given)
    settings = common_settings(given, preset(given["preset"]))
    settings |= {key: value for key, value in own.items() if value is not None}
    if given["backend"] == HARDWARE:
        settings["device"] = {"device": "", **hardware_of(given, of_one_call=False)}
    return NoiseConfig.make(**settings)


def hardware_of(given: Mapping[str, Any], *, of_one_call: bool) -> dict[str, Any]:
    """Return the options of hardware that values do not depend on, or those that they do."""
    hardware = hardware_options(given)
    return {key: each for key, each in hardware.items() if (key in OF_ONE_CALL) is of_one_call}


def _own_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that other studies lack; None for those that were left out."""
    reference_r = given["reference_r"]
    return {
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
