"""The settings of a training run: frozen, validated, written to ``config.json``.

Descriptions of fields are what ``qkdrp train-pkpd --help`` says.
"""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from qkdrp.common.settings import any_of
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.systems.pkpd.model_settings import ModelConfig
from qkdrp.systems.pkpd.network_choices import NETWORKS
from qkdrp.systems.pkpd.setting_fields import NAME, later, of_blocks
from qkdrp.training.config import FitConfig as AnyFitConfig
from qkdrp.training.run_config import RunConfig

REFITS_OF_AN_EPOCH = 10
"""Refits that a mechanistic model does in an epoch, as one tensor."""


class FitConfig(AnyFitConfig):
    """How a model is trained: all subjects in a batch, as by Team PNU, at a higher rate."""

    full_batch = True
    # Defaults of some networks differ: NETWORKS in network_choices.py.
    epochs: int = Field(
        default=500,
        ge=1,
        description="Largest number of epochs.",
        json_schema_extra=of_blocks("epochs", 500),
    )
    batch_size: int = Field(default=2048, ge=2, description="Subjects in a batch.")
    lr: float = Field(
        default=2e-3, gt=0, description="Learning rate.", json_schema_extra=of_blocks("lr", 2e-3)
    )
    patience: int = Field(
        default=50,
        ge=0,
        description="Epochs without a better validation loss before stopping; 0 never stops.",
        json_schema_extra=of_blocks("patience", 50),
    )
    weight_decay: float | None = later(
        None,
        "Weight decay of networks.",
        ge=0,
        json_schema_extra={"show_default": "the optimiser's own"},
    )
    restore: Literal["best", "last"] | None = later(
        None,
        "Epoch whose weights a model keeps: best (by validation loss) or last.",
        json_schema_extra={**NAME, **of_blocks("restore", "best")},
    )

    @property
    def keeps_last(self) -> bool:
        """Whether a model ends with the weights of the last epoch."""
        return self.restore == "last"


class PkpdConfig(RunConfig):
    """Everything that determines a training run of the system ``pkpd``.

    Args:
        system: ``"pkpd"``.
        data: What is learned from.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run while training, a key of :data:`qkdrp.backends.BACKENDS`.
        backend_options: The backend's own options.
        seed: Of split, initialisation, shuffling and dropout.
        threads: Threads of torch and of the backend; 0 for all cores.
        data_licence: Licence of the data, for the model card.
    """

    system: Literal["pkpd"] = "pkpd"
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()
    backend: str = "statevector"

    @model_validator(mode="after")
    def _networks_alone_decay(self) -> Self:
        """Refuse a weight decay of models that have none."""
        if self.fit.weight_decay is not None and self.model.model not in NETWORKS:
            raise ValueError(f"--weight-decay belongs to --model {any_of(NETWORKS)}")
        return self

    @model_validator(mode="after")
    def _networks_have_their_own(self) -> Self:
        """Take a network's own settings where none are given."""
        network = NETWORKS.get(self.model.model)
        own_settings = {} if network is None else network.own
        for name in ("model", "fit") if own_settings else ():
            section = getattr(self, name)
            left_out = type(section).model_fields.keys() - section.model_fields_set
            own = {key: value for key, value in own_settings.items() if key in left_out}
            object.__setattr__(self, name, section.model_copy(update=own))
        return self

    @model_validator(mode="after")
    def _epochs_are_refits(self) -> Self:
        """Give a mechanistic model one epoch for every ten refits: it has nothing else to train."""
        if self.model.model == "mechanistic":
            epochs = max(1, math.ceil(self.model.refits / REFITS_OF_AN_EPOCH))
            object.__setattr__(self, "fit", self.fit.model_copy(update={"epochs": epochs}))
        return self
