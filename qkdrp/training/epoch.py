"""The course of a training: one record for each epoch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qkdrp.common.brief import Brief

FIELDS = ("epoch", "train_loss", "validation_loss", "seconds")
"""Values that every epoch has; the others are the system's."""

Value = int | float | None


@dataclass(frozen=True)
class Epoch:
    """One epoch of a training.

    Args:
        epoch: Number, from 1.
        train_loss: Mean loss over the epoch's batches, as seen while training.
        validation_loss: Loss after the epoch; None without validation rows.
        metrics: Validation scores after the epoch, by name.
        trace: Values of the model after the epoch, such as a and r, by name.
        seconds: Since training began.
    """

    epoch: int
    train_loss: float
    validation_loss: float | None
    metrics: Mapping[str, float | None]
    trace: Mapping[str, float | None]
    seconds: float

    def value(self, name: str) -> Value:
        """Return a value by its name: a field, a score, or a value of the model such as a and r.

        None stands for one that this epoch does not have.
        """
        if name in FIELDS:
            found: Value = getattr(self, name)
            return found
        return self.metrics.get(name, self.trace.get(name))

    def row(self, names: Iterable[str]) -> dict[str, Value]:
        """Return values by name, in the given order, as a row of a history table."""
        return {name: self.value(name) for name in names}


@dataclass(repr=False)
class Fit(Brief):
    """The course of a training: its epochs, and which of them is the best.

    Args:
        epochs: One record per finished epoch.
        best_epoch: The epoch whose weights the model holds; 0 before the first.
        interrupted: Whether the user stopped it.
    """

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    interrupted: bool = False
