"""Options of hardware, shared by commands."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from qkdrp.common.errors import ConfigError

_HARDWARE = "Hardware (ibm_runtime)"

Device = Annotated[
    str | None,
    typer.Option(
        help="ibm_fez, least_busy, or a simulation here such as fake_fez.",
        metavar="NAME",
        rich_help_panel=_HARDWARE,
    ),
]
Instance = Annotated[
    str | None,
    typer.Option(
        help="Instance of your account that pays: name or CRN. [default: the account's]",
        rich_help_panel=_HARDWARE,
    ),
]
Mode = Annotated[
    str | None,
    typer.Option(
        help="batch, session or job. [default: batch]", metavar="NAME", rich_help_panel=_HARDWARE
    ),
]
Resilience = Annotated[
    int | None,
    typer.Option(
        help="Error mitigation: 0 none, 1 readout, 2 extrapolation, too. [default: 0]",
        rich_help_panel=_HARDWARE,
    ),
]
DynamicalDecoupling = Annotated[
    bool | None,
    typer.Option(
        "--dynamical-decoupling", help="Decouple waiting qubits.", rich_help_panel=_HARDWARE
    ),
]
Twirling = Annotated[
    bool | None,
    typer.Option("--twirling", help="Twirl gates and readout.", rich_help_panel=_HARDWARE),
]
FractionalGates = Annotated[
    bool | None,
    typer.Option(
        "--fractional-gates",
        help="Use the device's rx and rzz of any angle.",
        rich_help_panel=_HARDWARE,
    ),
]
MaxQpuSeconds = Annotated[
    float | None,
    typer.Option(
        help="Refuse above this estimate, seconds of the device. [default: 60]",
        rich_help_panel=_HARDWARE,
    ),
]
RuntimeEstimator = Annotated[
    str | None,
    typer.Option(
        help="Estimator of qiskit-ibm-runtime: auto, executor or legacy. [default: auto]",
        metavar="NAME",
        rich_help_panel=_HARDWARE,
    ),
]
RepDelay = Annotated[
    float | None,
    typer.Option(
        help="Seconds between two executions, within the device's range. [default: the device's]",
        metavar="SECONDS",
        rich_help_panel=_HARDWARE,
    ),
]
PricePerSecond = Annotated[
    str | None,
    typer.Option(
        "--price",
        help="Price of a second of the device, such as '1 EUR', or by plan: 'flex=1 EUR, "
        "premium=2 EUR'. [default: QKDRP_QPU_PRICE of the environment]",
        metavar="PRICE",
        rich_help_panel=_HARDWARE,
    ),
]
OverQuota = Annotated[
    bool,
    typer.Option(
        "--over-quota",
        help="Send jobs that take more than what is left of the account's time.",
        rich_help_panel=_HARDWARE,
    ),
]
LedgerFile = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        help="File that jobs are noted in. [default: in your data folder]",
        rich_help_panel=_HARDWARE,
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Return once jobs are submitted.", rich_help_panel=_HARDWARE),
]
Resubmit = Annotated[
    bool,
    typer.Option(
        "--resubmit",
        help="Pay for failed jobs again; if none failed, for all.",
        rich_help_panel=_HARDWARE,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Print what it would cost; submit nothing.", rich_help_panel=_HARDWARE
    ),
]
Replay = Annotated[
    bool,
    typer.Option(
        "--replay",
        help="Compute scores and figures again from values paid for before; send nothing.",
        rich_help_panel=_HARDWARE,
    ),
]
KeptValues = Annotated[
    str | None,
    typer.Option(
        "--values",
        help="What to replay: a folder with expectations.csv, or the number of an evaluation of "
        "qkdrp jobs list. [default: the only ones of the run]",
        metavar="WHICH",
        rich_help_panel=_HARDWARE,
    ),
]
AllowHardwareTraining = Annotated[
    bool,
    typer.Option(
        "--allow-hardware-training",
        help="Train on the device: jobs in every step.",
        rich_help_panel=_HARDWARE,
    ),
]

PASSED_ON = (
    "device",
    "instance",
    "mode",
    "resilience",
    "dynamical_decoupling",
    "twirling",
    "fractional_gates",
    "max_qpu_seconds",
    "runtime_estimator",
    "rep_delay",
    "price",
)
"""Options that go to the backend where they are given, under the same name."""


def hardware_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a command's options that go to the backend, by the backend's names."""
    options = {name: given[name] for name in PASSED_ON if given.get(name) is not None}
    if given.get("ledger") is not None:
        options["ledger"] = str(given["ledger"])
    if given.get("over_quota"):
        options["over_quota"] = True
    if given.get("no_wait"):
        options["wait"] = False
    if given.get("resubmit"):
        options["resubmit"] = True
    if given.get("allow_hardware_training"):
        options["allow_training"] = True
    return options


def refuse_with_replay(given: Mapping[str, Any]) -> None:
    """Raise where an option is given that a replay, which asks for no values, would not heed.

    Raises:
        ConfigError: Names the option.
    """
    unheeded = [*PASSED_ON, "over_quota", "no_wait", "resubmit", "dry_run", "shots", "noise"]
    found = [name for name in unheeded if given.get(name)]
    if found:
        raise ConfigError(
            f"--replay takes kept values and asks for no new ones: leave out --"
            f"{found[0].replace('_', '-')}, or --replay."
        )
