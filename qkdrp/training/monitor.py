"""The score that early stopping watches; imports nothing that takes time."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.training.epoch import Epoch


class Direction(StrEnum):
    """Which values of a score are better."""

    HIGHER = "higher"
    LOWER = "lower"


LOSS = "loss"
"""Name under which the validation loss is monitored."""


@dataclass(frozen=True)
class Monitor:
    """The validation score that decides which epoch is the best.

    Args:
        name: A score of :meth:`~qkdrp.training.task.FitTask.measure`, or :data:`LOSS`.
        direction: Which values are better.
        label: What progress lines call it; its name where left out.
    """

    name: str
    direction: Direction
    label: str = ""

    @property
    def title(self) -> str:
        """Name of the score in progress lines."""
        return self.label or self.name.replace("_", " ")

    def value(self, epoch: Epoch) -> float | None:
        """Return the score of an epoch; None for an epoch without it."""
        return epoch.validation_loss if self.name == LOSS else epoch.metrics.get(self.name)

    def is_better(self, value: float, best: float) -> bool:
        """Tell whether a value is better than the best so far; NaN never is."""
        return value > best if self.direction is Direction.HIGHER else value < best


BY_LOSS = Monitor(LOSS, Direction.LOWER, "validation loss")
"""Watches the validation loss, which every system has."""


def known_monitor(monitors: Mapping[str, Monitor], name: str) -> str:
    """Return the name of a monitor after checking it.

    Raises:
        ConfigError: If there is none of that name; lists them.
    """
    if name not in monitors:
        raise ConfigError(choose_one_of(name, monitors))
    return name
