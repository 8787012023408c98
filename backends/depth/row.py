"""One row of a depth report: all numbers of a circuit on a device."""

from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.logical import Logical
from qkdrp.backends.depth.times import Load, Times, estimate_times
from qkdrp.backends.depth.trial import Trial
from qkdrp.backends.depth.variant import Variant
from qkdrp.backends.depth.volume import QuantumVolume

SWAP_GATES = 3
"""Two-qubit gates of a SWAP."""


@dataclass(frozen=True)
class DepthRow:
    """A circuit on a device at one level with one seed.

    Args:
        variant: The circuit and its form.
        device: Name of the device.
        calibrated: When the device was, ISO 8601.
        processor: Of the device.
        logical: The circuit before it was transpiled.
        trial: The circuit transpiled.
        eplg: Error per layered gate of the device; None where it does not tell.
        eplg_chain: Length of the chain that it is of.
        volume: Quantum volume and its origin; None where it is unknown.
        times: How long the device would take.
        best: Whether no other row of the same circuit, form and device succeeds more often.
    """

    variant: Variant
    device: str
    calibrated: str
    processor: str
    logical: Logical
    trial: Trial
    eplg: float | None
    eplg_chain: int | None
    volume: QuantumVolume | None
    times: Times
    best: bool = False

    @property
    def swaps(self) -> float:
        """SWAPs that routing came to: two-qubit gates beyond the circuit's own, by three."""
        return (self.trial.two_qubit_gates - self.logical.two_qubit_gates) / SWAP_GATES

    @property
    def eplg_success(self) -> float | None:
        """Success of the two-qubit gates by EPLG: ``(1 - EPLG)^gates``."""
        return None if self.eplg is None else (1 - self.eplg) ** self.trial.two_qubit_gates

    @property
    def duration_share(self) -> float | None:
        """Duration by the shortest of T1 and T2; None where the device does not tell them."""
        times = [time for time in (self.trial.t1, self.trial.t2) if time]
        return self.trial.duration / min(times) if times and self.trial.duration else None

    def to_json(self) -> dict[str, Any]:
        """Return all as plain numbers and text, nested."""
        derived = {
            "success": self.trial.success,
            "value_success": self.trial.value_success,
            "swaps": self.swaps,
            "eplg_success": self.eplg_success,
            "duration_share": self.duration_share,
        }
        names = {"circuit": self.variant.circuit, "form": self.variant.form}
        parts = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return names | parts | derived


def _plain(part: Any) -> Any:  # noqa: ANN401  # numbers, text, or records of them
    if isinstance(part, Variant | Logical):
        return part.to_json()
    return asdict(part) if is_dataclass(part) and not isinstance(part, type) else part


def make_row(
    variant: Variant,
    logical: Logical,
    trial: Trial,
    device: DeviceSnapshot,
    volume: QuantumVolume | None,
    load: Load,
) -> DepthRow:
    """Return the row of a trial.

    Args:
        variant: The circuit.
        logical: What it needs.
        trial: The circuit transpiled for the device.
        device: The device.
        volume: Its quantum volume; None where it is unknown.
        load: What the device would be asked for.
    """
    eplg, chain = device.eplg(logical.qubits) or (None, None)
    return DepthRow(
        variant=variant,
        device=device.name,
        calibrated=device.calibrated,
        processor=device.processor,
        logical=logical,
        trial=trial,
        eplg=eplg,
        eplg_chain=chain,
        volume=volume,
        times=estimate_times(logical, trial.two_qubit_depth, trial.duration, device, load),
    )
