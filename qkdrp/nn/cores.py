"""What may stand between the angles and the head; imports nothing that takes time."""

from enum import StrEnum


class Core(StrEnum):
    """What stands between the angles and the head."""

    QUANTUM = "quantum"
    """The circuit."""

    FROZEN = "frozen"
    """The circuit, with random weights that are not trained."""

    DENSE = "dense"
    """A classical layer with the circuit's shapes and number of parameters."""

    NONE = "none"
    """Nothing."""
