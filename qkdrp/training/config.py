"""The settings of a training: epochs, batch size, learning rate, early stopping."""

from functools import partial
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from qkdrp.common.names import known_name
from qkdrp.common.settings import Later, Settings, any_of
from qkdrp.training.optimiser_names import ADAM, OPTIMISERS

__all__ = ["FinalConfig", "FitConfig", "Later", "Settings"]


CPU = "cpu"
"""The device that every machine has."""


class FitConfig(Settings):
    """Settings of a training: epochs, batch size, learning rate, early stopping, device.

    Args:
        epochs: Largest number of epochs.
        batch_size: Samples in a batch; batch normalisation needs two.
        lr: Learning rate.
        patience: Epochs without a better value of the monitored score before stopping; 0 never
            stops.
        centre_head: Whether the head's bias starts where the mean prediction is the mean label.
        device: Where torch computes while training; circuits run where the backend runs them.
        optimizer: A key of :data:`~qkdrp.training.optimiser_names.OPTIMISERS`.
        min_steps: Steps that are taken at least, whatever ``epochs`` and ``patience`` say.
    """

    full_batch: ClassVar[bool] = False
    """Whether batches are meant to hold all rows, so that an epoch is one step."""

    epochs: int = Field(default=100, ge=1, description="Largest number of epochs.")
    batch_size: int = Field(default=128, ge=2, description="Samples in a batch.")
    lr: float = Field(default=1e-4, gt=0, description="Learning rate of the optimiser.")
    patience: int = Field(
        default=3,
        ge=0,
        description="Epochs without a better validation score before stopping; 0 never stops.",
    )
    centre_head: bool = Field(
        default=True, description="Start the head where the mean prediction is the mean label."
    )
    # Left out of files where it is the default, so that keys of finished work stay what they were.
    device: str = Field(
        default=CPU,
        exclude_if=lambda given: bool(given == CPU),
        description="Where torch computes while training: cpu, cuda, cuda:1, mps.",
        json_schema_extra={"flag": "--torch-device", "metavar": "NAME"},
    )
    optimizer: Annotated[str, AfterValidator(partial(known_name, OPTIMISERS))] = Field(
        default=ADAM,
        exclude_if=lambda given: bool(given == ADAM),
        description=f"{any_of(OPTIMISERS)} (SGD with Nesterov's momentum of 0.9).",
        json_schema_extra={"metavar": "NAME"},
    )
    min_steps: int = Field(
        default=0,
        ge=0,
        exclude_if=lambda given: bool(given == 0),
        description="Steps (batches) to take at least, whatever --epochs and --patience say: small "
        "data have few in an epoch.",
    )

    @property
    def keeps_last(self) -> bool:
        """Whether a model ends with the weights of the last epoch; else with those of the best."""
        return False

    def steps_of_epoch(self, n_rows: int) -> int:
        """Return the steps of an epoch; a last batch of one row is none."""
        whole, rest = divmod(n_rows, self.batch_size)
        return whole + (rest > 1)

    def least_epochs(self, n_rows: int) -> int:
        """Return the epochs that are trained whatever the validation says."""
        return -(-self.min_steps // max(1, self.steps_of_epoch(n_rows)))

    def most_epochs(self, n_rows: int) -> int:
        """Return the epochs after which training ends."""
        return max(self.epochs, self.least_epochs(n_rows))


FOLDS = 5
"""Folds of the cross-validation that finds the number of epochs."""


class FinalConfig(Settings):
    """How a model that trains on all rows gets its number of epochs and its scores.

    Args:
        folds: Folds of the cross-validation; 0 for none.
        fixed_epochs: Whether the epochs of the fit are trained as they are; otherwise they are the
            most that a fold takes, and the median of the best epochs of all folds is trained.
    """

    folds: int = Field(
        default=FOLDS,
        ge=0,
        description="Folds of the cross-validation of --final; 0 for none.",
        json_schema_extra={"left_out": f"{FOLDS}, or 0 where --epochs is given"},
    )
    fixed_epochs: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Check that the number of epochs is told by something."""
        if self.folds == 1:
            raise ValueError("folds = 1: expected 2 at least, or 0 for no cross-validation")
        if not self.folds and not self.fixed_epochs:
            raise ValueError(
                "without folds nothing tells the number of epochs: give --epochs, or fixed_epochs"
            )
        return self
