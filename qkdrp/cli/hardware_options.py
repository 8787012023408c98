"""Options of hardware as studies annotate them; the options themselves are settings of backends."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from qkdrp.backends.options import HardwareOptions
from qkdrp.cli.options_from_models import option

HARDWARE = "Hardware (ibm_runtime)"
"""Panel of the options of hardware."""

Device = Annotated[str | None, option(HardwareOptions, "device", HARDWARE)]
Instance = Annotated[str | None, option(HardwareOptions, "instance", HARDWARE)]
Mode = Annotated[str | None, option(HardwareOptions, "mode", HARDWARE)]
Resilience = Annotated[int | None, option(HardwareOptions, "resilience", HARDWARE)]
DynamicalDecoupling = Annotated[
    bool | None, option(HardwareOptions, "dynamical_decoupling", HARDWARE)
]
Twirling = Annotated[bool | None, option(HardwareOptions, "twirling", HARDWARE)]
FractionalGates = Annotated[bool | None, option(HardwareOptions, "fractional_gates", HARDWARE)]
MaxQpuSeconds = Annotated[float | None, option(HardwareOptions, "max_qpu_seconds", HARDWARE)]
RuntimeEstimator = Annotated[str | None, option(HardwareOptions, "runtime_estimator", HARDWARE)]
LedgerFile = Annotated[Path | None, option(HardwareOptions, "ledger", HARDWARE)]
NoWait = Annotated[bool, option(HardwareOptions, "no_wait", HARDWARE)]
Resubmit = Annotated[bool, option(HardwareOptions, "resubmit", HARDWARE)]
DryRun = Annotated[bool, option(HardwareOptions, "dry_run", HARDWARE)]


def hardware_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a command's options that go to the backend, by the backend's names."""
    return HardwareOptions.make(**HardwareOptions.pick(given)).of_backend()
