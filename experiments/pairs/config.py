"""Settings of studies of pairs: frozen, validated, written to ``study.json``."""

import math

from pydantic import Field, field_validator

from qkdrp.common.names import known_names
from qkdrp.common.settings import Settings
from qkdrp.experiments.ito.config import one_of_each
from qkdrp.experiments.pairs.contenders import CONTENDERS, contender
from qkdrp.experiments.study.fields import (
    CircuitBackend,
    FirstSeed,
    LearningRate,
    ModelSeeds,
    MostEpochs,
)
from qkdrp.experiments.study.options import PROTOCOL, TRIED, by_preset, listed
from qkdrp.systems.pairs.config import DataConfig, FitConfig
from qkdrp.systems.pairs.models import SPLITS


class PairStudyConfig(Settings):
    """Everything that determines the numbers of a study of pairs.

    Args:
        study: Its name on the command line.
        data: The pairs; split and sizes are varied by the study.
        splits: What tests leave out; the first is that of :attr:`models`.
        models: Keys of :data:`~.contenders.CONTENDERS`.
        grouped_models: Those of the other splits.
        sizes: Training and validation pairs together.
        test_size: Test pairs.
        seeds: Trainings of each network, each with a split, weights and batches of its own.
        grouped_seeds: Those of the other splits, and of controls.
        a: Input scales of the moderated tanh that are tried.
        n_qubits: Qubits that are tried.
        n_encoding: Encoding layers.
        n_variational: Variational layers of each block.
        rates: Learning rates.
        optimizers: Optimisers.
        controls: Whether a negative and a positive control are trained, too.
        epochs: Epochs at most, where they have enough steps.
        patience: Epochs without a better validation loss before a training stops.
        min_steps: Steps that a training may take at least: few pairs get more epochs, and a
            patience that is longer by as much.
        batch_size: Pairs in a batch.
        lr: Learning rate.
        backend: Where circuits run.
        seed: The first seed.
    """

    study: str
    data: DataConfig = DataConfig()
    splits: tuple[str, ...] = Field(
        default=("lpo",),
        description=f"What tests leave out, of {', '.join(SPLITS)}; the first one with --models.",
        json_schema_extra=listed(TRIED),
    )
    models: tuple[str, ...] = Field(
        default=tuple(CONTENDERS),
        description=f"Networks, of {', '.join(CONTENDERS)}.",
        json_schema_extra=listed(TRIED),
    )
    grouped_models: tuple[str, ...] = Field(
        default=(), description="Networks of the other splits.", json_schema_extra=listed(TRIED)
    )
    sizes: tuple[int, ...] = Field(
        default=(5000,),
        description="Training pairs, those that tell when to stop among them.",
        json_schema_extra=listed(TRIED),
    )
    test_size: int = Field(
        default=1000, ge=2, description="Test pairs.", json_schema_extra=by_preset(PROTOCOL)
    )
    seeds: ModelSeeds = 5
    grouped_seeds: int = Field(
        default=3,
        ge=1,
        description="The same for other splits and for controls.",
        json_schema_extra=by_preset(PROTOCOL),
    )
    a: tuple[float, ...] = Field(
        default=(), description="Values of a in r*tanh(phi/a).", json_schema_extra=listed(TRIED)
    )
    n_qubits: tuple[int, ...] = Field(
        default=(), description="Numbers of qubits.", json_schema_extra=listed(TRIED)
    )
    n_encoding: tuple[int, ...] = Field(
        default=(), description="Numbers of encoding layers.", json_schema_extra=listed(TRIED)
    )
    n_variational: tuple[int, ...] = Field(
        default=(),
        description="Numbers of variational layers per block.",
        json_schema_extra=listed(TRIED),
    )
    rates: tuple[float, ...] = Field(
        default=(), description="Learning rates.", json_schema_extra=listed(TRIED)
    )
    optimizers: tuple[str, ...] = Field(
        default=(), description="Optimisers.", json_schema_extra=listed(TRIED)
    )
    controls: bool = Field(
        default=False,
        description="Train controls, too: drugs shuffled, and the embedded pairs.",
        json_schema_extra=by_preset(PROTOCOL),
    )
    epochs: MostEpochs = 40
    patience: int = Field(
        default=8,
        ge=0,
        description="Epochs without a better validation loss before a training stops.",
        json_schema_extra={"panel": PROTOCOL},
    )
    min_steps: int = Field(
        default=0,
        ge=0,
        description="Steps that a training may take at least: small sizes get more epochs.",
        json_schema_extra=by_preset(PROTOCOL),
    )
    batch_size: int = Field(
        default=64, ge=2, description="Pairs in a batch.", json_schema_extra={"panel": PROTOCOL}
    )
    lr: LearningRate = 1.8e-3
    backend: CircuitBackend = "statevector"
    seed: FirstSeed = 0

    _distinct = field_validator("splits", "models", "sizes")(one_of_each)

    @field_validator("models", "grouped_models")
    @classmethod
    def _known_models(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            contender(name)
        return given

    @field_validator("splits")
    @classmethod
    def _known_splits(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return known_names(SPLITS, given)

    def steps(self, size: int) -> int:
        """Return the steps of an epoch on so many pairs, the validation part left out."""
        from qkdrp.systems.pairs.split import VALIDATION_SHARE  # NumPy takes time

        return math.ceil((size - round(size * VALIDATION_SHARE)) / self.batch_size)

    def fit(self, size: int, **changes: float) -> FitConfig:
        """Return how a network is trained on so many pairs.

        Args:
            size: Training and validation pairs together.
            **changes: Other settings.
        """
        epochs = max(self.epochs, math.ceil(self.min_steps / self.steps(size)))
        patience = math.ceil(self.patience * epochs / self.epochs)
        common = {"batch_size": self.batch_size, "lr": self.lr, "centre_head": True}
        return FitConfig.make(**{"epochs": epochs, "patience": patience, **common, **changes})

    def look_every(self, size: int) -> int:
        """Return the epochs between two looks at the test; more than one where epochs are short."""
        return max(1, self.fit(size).epochs // self.epochs)
