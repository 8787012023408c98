"""Fields of settings of the system: names to choose from, and defaults that came later."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from qkdrp.common.names import choose_one_of
from qkdrp.systems.pkpd.network_choices import OF_BLOCKS

NAME: Any = {"metavar": "NAME"}
"""What the help calls the value of an option."""


def of_blocks(name: str, others: object) -> Any:  # noqa: ANN401  # pydantic's extras
    """Return what the help says of a default that networks of blocks have otherwise."""
    words = f"{others}; {OF_BLOCKS[name]} for resmlp, moe, resmlp_moe and resqnn_moe"
    return {"show_default": words}


def later(default: Any, description: str, **more: Any) -> Any:  # noqa: ANN401  # pydantic's field
    """Return a setting that came later than others.

    It is left out of files where it is the default, so that keys of finished work stay.
    """
    return Field(
        default=default,
        exclude_if=lambda given: bool(given == default),
        description=description,
        **more,
    )


def known(what: str, names: Iterable[str], given: str) -> str:
    """Return a name after checking it.

    Args:
        what: Whose name it is, for the message.
        names: The names.
        given: One of them.

    Raises:
        ValueError: If it is not.
    """
    there = list(names)
    if given not in there:
        raise ValueError(f"{what}: {choose_one_of(given, there)}")
    return given
