"""Options that are one of a few names, and the names; imports nothing that takes time."""

from enum import StrEnum
from typing import TypeVar

from qkdrp.common.errors import BackendError
from qkdrp.common.names import choose_one_of

Choice = TypeVar("Choice", bound=StrEnum)

GATES, RELAXATION, READOUT = PARTS = ("gates", "relaxation", "readout")
"""What noise is usually made of: errors of gates, relaxation while they last, errors of readout.
A source may lack some, and have others."""


class Method(StrEnum):
    """How noisy values are found."""

    AUTO = "auto"
    """Chosen by circuit and noise, see :mod:`~qkdrp.backends.noise.sampling`."""

    DENSITY = "density_matrix"
    TRAJECTORIES = "trajectories"
    """Random runs on state vectors of Aer, of any noise and with shots."""

    PAULI = "pauli_trajectories"
    """Random Pauli errors in the exact engine; noise that is none is twirled to the closest."""


def choose(kind: type[Choice], name: str, option: str) -> Choice:
    """Return the choice that a name stands for.

    Args:
        kind: All choices.
        name: One of their names.
        option: What is chosen, for the message.

    Raises:
        BackendError: If the name is none of them; lists them.
    """
    try:
        return kind(name)
    except ValueError:
        raise BackendError(f"{option} = {name!r}: {choose_one_of(name, kind)}") from None
