"""The history of a response training: as studies keep it."""

from dataclasses import dataclass, fields
from typing import Any, Self

from qkdrp.training.epoch import Epoch


@dataclass(frozen=True)
class EpochRow:
    """One epoch, as a row of the history.

    Args:
        epoch: Number, from 1.
        train_loss: Mean squared error over the epoch's batches, as seen while training.
        validation_loss: Mean squared error after the epoch; None without validation rows.
        validation_auc: AUC after the epoch; None without responder flags.
        a: Input scale after the epoch; None for models without one.
        r: Output range after the epoch, radians; None for models without one.
        seconds: Since training began.
    """

    epoch: int
    train_loss: float
    validation_loss: float | None
    validation_auc: float | None
    a: float | None
    r: float | None
    seconds: float

    @classmethod
    def of(cls, epoch: Epoch) -> Self:
        """Return the row of an epoch."""
        values: dict[str, Any] = epoch.row(COLUMNS)
        return cls(**values)


COLUMNS = tuple(field.name for field in fields(EpochRow))
"""Columns of the history, in order."""
