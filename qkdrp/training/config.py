"""The settings of a training: epochs, batch size, learning rate, early stopping."""

from pydantic import Field

from qkdrp.common.settings import Later, Settings

__all__ = ["FitConfig", "Later", "Settings"]


class FitConfig(Settings):
    """How a model is trained.

    Args:
        epochs: Largest number of epochs.
        batch_size: Samples in a batch; batch normalisation needs two.
        lr: Learning rate.
        patience: Epochs without a better value of the monitored score before stopping; 0 never
            stops.
        centre_head: Whether the head's bias starts where the mean prediction is the mean label.
    """

    epochs: int = Field(default=100, ge=1, description="Largest number of epochs.")
    batch_size: int = Field(default=128, ge=2, description="Samples in a batch.")
    lr: float = Field(default=1e-4, gt=0, description="Learning rate of Adam.")
    patience: int = Field(
        default=3,
        ge=0,
        description="Epochs without a better validation AUC before stopping; 0 never stops.",
    )
    centre_head: bool = Field(
        default=True, description="Start the head where the mean prediction is the mean label."
    )
