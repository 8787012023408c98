"""The cells in which a trained model is evaluated: levels of noise, each with numbers of shots."""

from qkdrp.backends.noise.levels import NoiseLevel
from qkdrp.systems.response.config import Settings

NONE = "none"
"""What the parts of scale 0 are called."""


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
    def level(self) -> NoiseLevel:
        """The noise, shots aside."""
        return NoiseLevel(self.on, self.scale)
