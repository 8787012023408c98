"""Options that are one of a few names, and the names; imports nothing that takes time."""

from enum import StrEnum
from typing import TypeVar

from qkdrp.common.errors import BackendError

Choice = TypeVar("Choice", bound=StrEnum)

PARTS_OF_NOISE = ("gates", "relaxation", "readout")
"""What noise may be made of: errors of gates, relaxation while they last, errors of readout."""


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
        raise BackendError(f"{option} = {name!r}: choose one of {', '.join(kind)}.") from None
