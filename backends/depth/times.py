"""Estimated run times on a device: of an inference, and of one step of training."""

from dataclasses import dataclass

from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.logical import Logical
from qkdrp.backends.runtime.cost import qpu_seconds
from qkdrp.common.errors import BackendError


@dataclass(frozen=True)
class Load:
    """What the device is asked for.

    Args:
        shots: Of each circuit.
        samples: New samples of an inference.
        batch: Samples of one step of training.

    Raises:
        BackendError: If a number is below 1.
    """

    shots: int = 4096
    samples: int = 100
    batch: int = 128

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, value in vars(self).items():
            if value < 1:
                raise BackendError(f"{name} = {value}: expected at least 1.")


@dataclass(frozen=True)
class Times:
    """Estimated seconds of a device.

    Args:
        inference: By IBM's formula of usage, see
            :data:`~qkdrp.backends.runtime.cost.OVERHEAD_SECONDS`: delay and circuit, times shots.
        training_step: The same for one parameter-shift gradient of a batch: two circuits for each
            sample and each angle that depends on inputs or weights.
        inference_clops: Circuits x shots x two-qubit layers / CLOPS_h; None where the device does
            not tell its CLOPS_h.
        training_step_clops: The same for the gradient.
    """

    inference: float
    training_step: float
    inference_clops: float | None
    training_step_clops: float | None


def estimate_times(
    logical: Logical, layers: int, length: float, device: DeviceSnapshot, load: Load
) -> Times:
    """Estimate how long a device takes.

    Args:
        logical: The circuit before it was transpiled.
        layers: Two-qubit layers of the transpiled circuit.
        length: Seconds of the transpiled circuit, readout included.
        device: The device.
        load: What it is asked for.
    """
    inference = load.samples * logical.settings
    step = logical.gradient_circuits * load.batch * logical.settings

    def clops(circuits: int) -> float | None:
        return circuits * load.shots * layers / device.clops_h if device.clops_h else None

    return Times(
        inference=qpu_seconds(inference * load.shots, device.rep_delay, length),
        training_step=qpu_seconds(step * load.shots, device.rep_delay, length),
        inference_clops=clops(inference),
        training_step_clops=clops(step),
    )
