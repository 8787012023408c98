"""Settings of the study pkpd-cv: frozen, validated, written to ``study.json``."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import Field, field_validator

from qkdrp.common.names import known_names
from qkdrp.common.settings import Settings
from qkdrp.experiments.ito.config import one_of_each
from qkdrp.experiments.pkpd.cv.contenders import BASELINES, MODELS, Variant, contender
from qkdrp.experiments.pkpd.cv.networks import USAGE
from qkdrp.experiments.study.fields import CircuitBackend, FirstSeed, MostEpochs
from qkdrp.experiments.study.options import PROTOCOL, TRIED, by_preset, listed
from qkdrp.systems.pkpd.data_settings import DataConfig

WITHOUT, WITH = "without", "with"
"""Whether models are told the biomarker before the first dose."""


class CvProtocol(Settings, ABC):
    """What all studies that leave one subject of each dose out have in common.

    Args:
        data: The trial; the fold is varied by the study.
        folds: Number of folds, from the first; 0 for all.
        seeds: Trainings of each model that draws numbers, in each fold.
        structure: Of the mechanism; ``auto`` chooses it in each fold, on its training subjects.
        epochs: Epochs at most.
        lr: Learning rate.
        patience: Epochs without a better validation loss before a network stops; grey boxes and
            networks of blocks take all epochs.
        backend: Where circuits run.
        seed: The first seed.
    """

    study: str
    data: DataConfig = DataConfig()
    folds: int = Field(
        default=0,
        ge=0,
        description="Number of folds, from the first; 0 for all.",
        json_schema_extra=by_preset(PROTOCOL),
    )
    seeds: int = Field(
        default=3,
        ge=1,
        description="Trainings of each model in each fold, where it draws numbers.",
        json_schema_extra=by_preset(PROTOCOL),
    )
    structure: str = Field(
        default="auto",
        description="Of the mechanism, such as 2-I; auto chooses it in each fold by likelihood, on "
        "its training subjects.",
        json_schema_extra=by_preset(TRIED, metavar="NAME"),
    )
    epochs: MostEpochs = 500
    lr: float = Field(
        default=2e-3,
        gt=0,
        description="Learning rate, but of networks of blocks: these have 0.001, and keep the last "
        "of at most 300 epochs.",
        json_schema_extra={"panel": PROTOCOL},
    )
    patience: int = Field(
        default=50,
        ge=0,
        description="Epochs without a better validation loss before a network stops; grey boxes "
        "and networks of blocks take all epochs.",
        json_schema_extra={"panel": PROTOCOL},
    )
    backend: CircuitBackend = "statevector"
    seed: FirstSeed = 0

    @abstractmethod
    def variants(self) -> tuple[Variant, ...]:
        """Return what is compared."""

    def fit(self, own: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """Return how a model is trained, written out.

        Args:
            own: Settings of the model; its epochs are not more than those of the study.
        """
        given = {"epochs": self.epochs, "lr": self.lr, "patience": self.patience}
        return {**given, **own, "epochs": min(self.epochs, own.get("epochs", self.epochs))}


class CvConfig(CvProtocol):
    """Everything that determines the numbers of the study.

    Args:
        study: Its name on the command line.
        models: Keys of :data:`~.contenders.MODELS`, or networks as :func:`~.networks.network` names
            them; all baselines take part, too.
        pd0: Whether models are told the biomarker before the first dose.
        without_pd0: Models that are trained without it; empty for all, if ``pd0`` says so.
    """

    study: str = "pkpd-cv"
    models: tuple[str, ...] = Field(
        default=tuple(MODELS),
        description=f"Models, of {', '.join(MODELS)}, or {USAGE}; baselines take part always.",
        json_schema_extra=listed(TRIED, left_out="by preset"),
    )
    pd0: tuple[str, ...] = Field(
        default=(WITHOUT, WITH),
        description="Models without and with the biomarker before the first dose (of R0 alone).",
        json_schema_extra=listed(TRIED, left_out="by preset"),
    )
    without_pd0: tuple[str, ...] = Field(
        default=(),
        description="Models that are trained without it, where others are trained with it alone; "
        "all if none is named.",
        json_schema_extra=listed(TRIED, left_out="by preset"),
    )

    _distinct = field_validator("models", "pd0")(one_of_each)

    @field_validator("pd0")
    @classmethod
    def _known_words(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return known_names((WITHOUT, WITH), given)

    @field_validator("models", "without_pd0")
    @classmethod
    def _known_models(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in given if not contender(name).is_baseline)

    def variants(self) -> tuple[Variant, ...]:
        """Return models and baselines, with and without PD0 as the settings say."""
        found = [
            Variant(name, told == WITH) for told in self.pd0 for name in (*self.models, *BASELINES)
        ]
        fitting = [each for each in found if self._wants(each)]
        mean = Variant(next(iter(BASELINES)))
        return tuple(dict.fromkeys((*fitting, mean)))  # what all are held against is always there

    def _wants(self, variant: Variant) -> bool:
        """Tell whether a variant takes part."""
        chosen = variant.contender
        if variant.told:
            return chosen.told
        return chosen.is_baseline or not self.without_pd0 or variant.name in self.without_pd0
