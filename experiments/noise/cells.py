"""The cells in which a trained model is evaluated: levels of noise, each with numbers of shots."""

from typing import TYPE_CHECKING
from zlib import crc32

from qkdrp.common.settings import Settings
from qkdrp.experiments.study.keys import Layout, first_content, plain

if TYPE_CHECKING:
    from qkdrp.backends.noise.levels import NoiseLevel

NONE = "none"
"""What the parts of scale 0 are called."""

DEVICE = "device"
"""What the parts of a device's noise are called: they cannot be told apart there."""

FIRST_CELL: Layout = plain("source", "parts", "on", "scale", "shots")
"""Settings of a cell in the first version."""


class Cell(Settings):
    """One way of evaluating a model.

    Args:
        source: Where noise comes from, as on the command line; a device of jobs on hardware.
        parts: What the parts that are on are called: ``all``, ``gates`` and so on.
        on: Those of :data:`~qkdrp.backends.noise.base.PARTS` that are on.
        scale: What every error probability is multiplied by.
        shots: Shots of each evaluation; 0 for infinitely many.
    """

    source: str
    parts: str
    on: tuple[str, ...]
    scale: float
    shots: int

    @property
    def level(self) -> "NoiseLevel":
        """The noise, shots aside."""
        from qkdrp.backends.noise.levels import NoiseLevel  # loads Qiskit

        return NoiseLevel(self.on, self.scale)

    @property
    def checksum(self) -> int:
        """A number that tells cells apart; the same as in the first version, for seeds of shots."""
        content = first_content(self, FIRST_CELL, {})
        return crc32(content or self.model_dump_json().encode())
