"""Quantum volume of a device, and the source that it is known from."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from qkdrp.common.errors import BackendError

PUBLISHED = "published.csv"
"""Devices as published.

Table 1 of Team PNU's report, after AbuGhanem (arXiv 2410.00916), read on 2024-07-02 and 2024-07-04,
with two misprints mended: the device of 133 qubits is ibm_torino, and ibm_fez is a Heron r2.
"""


@dataclass(frozen=True)
class QuantumVolume:
    """A quantum volume.

    Args:
        value: At least 2.
        origin: ``user``, ``device`` for what the device itself reports, or ``table`` for
            :data:`PUBLISHED`.

    Raises:
        BackendError: If the value is below 2.
    """

    value: int
    origin: str

    def __post_init__(self) -> None:
        """Check the value."""
        if self.value < 2:
            raise BackendError(
                f"Found a quantum volume of {self.value}, expected 2 or more: it is 2^n for "
                "square circuits of n qubits."
            )

    @property
    def side(self) -> int:
        """Width and number of layers of the largest square circuit that succeeds."""
        return math.floor(math.log2(self.value))


def find_volume(
    device: str, reported: int | None, wanted: int | None = None
) -> QuantumVolume | None:
    """Return the quantum volume of a device: the user's, the device's own, or the published one.

    Args:
        device: Its name; fake devices are looked up under the name of the real one.
        reported: What the device reports; None on all modern ones.
        wanted: What the user gives.

    Returns:
        None where it is unknown.
    """
    published = published_volumes().get("ibm_" + device.partition("_")[2])
    for value, origin in ((wanted, "user"), (reported, "device"), (published, "table")):
        if value is not None:
            return QuantumVolume(value, origin)
    return None


@cache
def published_volumes() -> Mapping[str, int]:
    """Return the published quantum volume of each device."""
    text = files("qkdrp.backends.depth").joinpath(PUBLISHED).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["device"]: int(row["quantum_volume"]) for row in rows})
