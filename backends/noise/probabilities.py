"""Probabilities of depolarizing noise as text; imports nothing that takes time."""

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType

from qkdrp.common.errors import BackendError

MOST: Mapping[str, float] = MappingProxyType({"p1": 1.0, "p2": 1.0, "readout": 0.5})
"""Parameters, and their largest values."""


def read_probabilities(text: str) -> dict[str, float]:
    """Read ``p1=1e-3,p2=1e-2,readout=0.02``; what is left out is not in the result.

    Raises:
        BackendError: If a name is unknown or a value is no number.
    """
    values: dict[str, float] = {}
    for item in text.split(",") if text else []:
        name, _, value = (part.strip() for part in item.partition("="))
        try:
            values[name] = float(value)
        except ValueError:
            values[""] = 0.0
        if name not in MOST or "" in values:
            raise BackendError(
                f"depolarizing: found {item!r}, expected p1=P, p2=P or readout=P, "
                "with commas between."
            )
    return values


def check_probabilities(values: Mapping[str, float]) -> None:
    """Refuse probabilities that are negative or too large.

    Args:
        values: By parameter.

    Raises:
        BackendError: Says how large each may be.
    """
    for name, value in values.items():
        if not (isfinite(value) and 0 <= value <= MOST[name]):
            raise BackendError(
                f"depolarizing: {name} = {value:g}, expected a probability from 0 to "
                f"{MOST[name]:g}."
            )
