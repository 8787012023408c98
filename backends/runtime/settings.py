"""Settings of jobs on hardware."""

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from qkdrp.common.errors import BackendError

LOCAL = "fake_"
"""Devices called that are simulated here: no account, no network, no cost."""

LEAST_BUSY = "least_busy"
"""Stands for the device of the account with the fewest queued jobs."""

RESILIENCE = (0, 1, 2)
"""Levels of error mitigation: none, of readouts, of gates by extrapolation, too."""


class Mode(StrEnum):
    """How jobs are grouped on the service."""

    BATCH = "batch"
    SESSION = "session"
    JOB = "job"


class EstimatorName(StrEnum):
    """Estimators of the runtime client; ``auto`` takes the current one wherever it works."""

    AUTO = "auto"
    EXECUTOR = "executor"
    LEGACY = "legacy"


@dataclass(frozen=True)
class RuntimeSettings:
    """Validated settings of jobs.

    Args:
        device: ``ibm_NAME``, :data:`LEAST_BUSY`, or ``fake_NAME`` for a simulation here.
        instance: Name or CRN of the account's instance; empty for the account's own choice.
        mode: How jobs are grouped.
        shots: Of each parameter point and measurement basis.
        resilience: One of :data:`RESILIENCE`.
        dynamical_decoupling: Whether waiting qubits are decoupled.
        twirling: Whether two-qubit gates are twirled.
        fractional_gates: Whether the device's rx and rzz of any angle are used.
        max_qpu_seconds: What the jobs of one backend may take on the device, all together.
        estimator: Which estimator of the client.
        rep_delay: Seconds between two executions; None for the device's own.

    Raises:
        BackendError: If a setting is invalid, or two exclude each other.
    """

    device: str
    instance: str = ""
    mode: Mode = Mode.BATCH
    shots: int = 4096
    resilience: int = 0
    dynamical_decoupling: bool = False
    twirling: bool = False
    fractional_gates: bool = False
    max_qpu_seconds: float = 60.0
    estimator: EstimatorName = EstimatorName.AUTO
    rep_delay: float | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        if not self.device:
            raise BackendError(
                "device: give one, such as --device ibm_fez, --device least_busy, or fake_fez "
                "for a simulation here."
            )
        if self.resilience not in RESILIENCE:
            listed = ", ".join(map(str, RESILIENCE))
            raise BackendError(f"resilience = {self.resilience}: choose one of {listed}.")
        if self.shots < 1:
            raise BackendError(f"shots = {self.shots}: hardware needs at least 1.")
        if not (math.isfinite(self.max_qpu_seconds) and self.max_qpu_seconds > 0):
            raise BackendError(f"max_qpu_seconds = {self.max_qpu_seconds:g}: expected above 0.")
        if self.fractional_gates and (self.twirling or self.resilience == RESILIENCE[-1]):
            raise BackendError(
                "fractional gates cannot be twirled: leave out --fractional-gates, or --twirling "
                "and --resilience 2."
            )

    @property
    def local(self) -> bool:
        """Whether the device is simulated here."""
        return self.device.startswith(LOCAL)

    @property
    def precision(self) -> float:
        """What the estimator is asked for; a hair above, so that no shot is added by rounding."""
        return (1 + 1e-12) / math.sqrt(self.shots)

    def of_values(self) -> dict[str, Any]:
        """Return the settings that values depend on; newer ones only where they are set."""
        left_out = {"device", "instance", "mode", "max_qpu_seconds", "estimator"}
        if self.rep_delay is None:
            left_out |= {"rep_delay"}
        return {name: value for name, value in asdict(self).items() if name not in left_out}
