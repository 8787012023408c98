"""Values that a model tells of itself while it is trained."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Traced(Protocol):
    """A model or layer with values worth a look after every epoch, such as learned scales."""

    def trace(self) -> Mapping[str, float]:
        """Return them by name."""


def trace_of(model: object) -> Mapping[str, float]:
    """Return what a model tells of itself; nothing where it tells nothing."""
    return model.trace() if isinstance(model, Traced) else {}
