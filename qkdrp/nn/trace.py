"""Values of a model to record after each epoch, such as learned scales a and r."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Traced(Protocol):
    """The interface of models and layers with values to record after each epoch."""

    def trace(self) -> Mapping[str, float]:
        """Return them by name."""


def trace_of(model: object) -> Mapping[str, float]:
    """Return the values that a model has to record; nothing for models without."""
    return model.trace() if isinstance(model, Traced) else {}
