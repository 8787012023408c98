"""Settings of the study of external cohorts: frozen, validated, written to ``study.json``."""

from typing import Any

from pydantic import Field, field_validator

from qkdrp.cli.options import DATA
from qkdrp.common.errors import ConfigError
from qkdrp.common.settings import Settings
from qkdrp.experiments.external.sources import FORM, CohortSource, parse_source
from qkdrp.experiments.ito.config import MODELS_HELP, one_of_each
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.study.fields import (
    CircuitBackend,
    FirstSeed,
    LearningRate,
    ModelSeeds,
    MostEpochs,
)
from qkdrp.experiments.study.options import PROTOCOL, TRIED, by_preset, listed
from qkdrp.systems.response.config import PAPER_A, PAPER_R, Angle, DataConfig, FitConfig
from qkdrp.systems.response.new_samples.alignment_names import ALIGNMENT_NAMES, check_alignment


class ExternalConfig(Settings):
    """Everything that determines the numbers of a study of external cohorts.

    Args:
        study: Its name on the command line.
        data: What models are trained on; the drug is left open.
        drugs: Drugs of the data.
        cohorts: External cohorts, in the form of :data:`~.sources.FORM`.
        models: Keys of :data:`qkdrp.experiments.ito.contenders.CONTENDERS`.
        align: Alignments of a cohort to try, beside the default one.
        by: Columns of a cohort's samples table, the first of which that is there divides it into
            groups; these are scored apart, too.
        seeds: Trainings of each model, each with a validation part, weights and batches of its own.
        a: Input scale of the moderated tanh.
        r: Its output range, radians.
        lr: Learning rate.
        epochs: Epochs at most.
        patience: Epochs without a better validation AUC before a training stops.
        batch_size: Samples in a batch.
        min_genes: Smallest share of a model's genes that a cohort must have.
        draws: Bootstrap draws of samples and seeds for intervals of differences.
        backend: Where circuits run.
        seed: The first seed.
    """

    study: str = "external"
    data: DataConfig = DataConfig()
    drugs: tuple[str, ...] = Field(
        min_length=1,
        description="Drugs; all of the data by default, separated by commas.",
        json_schema_extra=listed(DATA),
    )
    cohorts: tuple[str, ...] = Field(
        min_length=1,
        description=f"External cohorts, separated by commas: {FORM}, the side of its sensitive "
        "samples.",
        json_schema_extra={**listed(DATA), "left_out": "required"},
    )
    models: tuple[str, ...] = Field(
        min_length=1, description=MODELS_HELP, json_schema_extra=listed(TRIED)
    )
    align: tuple[str, ...] = Field(
        min_length=1,
        description=f"Of {', '.join(ALIGNMENT_NAMES)}, beside the default, separated by commas.",
        json_schema_extra=listed(TRIED),
    )
    by: tuple[str, ...] = Field(
        default=(),
        description="Columns of the cohorts' samples table: groups that are scored apart, too.",
        json_schema_extra={"panel": DATA, "left_out": "none"},
    )
    seeds: ModelSeeds = 5
    a: float = Field(
        default=PAPER_A,
        gt=0,
        description="Input scale of r*tanh(phi/a).",
        json_schema_extra={"panel": TRIED},
    )
    r: Angle = Field(
        default=PAPER_R,
        description="Output range of r*tanh(phi/a) in radians; pi/2 and the like.",
        json_schema_extra={"format": "angle", "show_default": "pi/2", "panel": TRIED},
    )
    lr: LearningRate = 1e-3
    epochs: MostEpochs = 100
    patience: int = Field(
        default=10,
        ge=0,
        description="Epochs without a better validation AUC before a training stops.",
        json_schema_extra={"panel": PROTOCOL},
    )
    batch_size: int = Field(
        default=128, ge=2, description="Samples in a batch.", json_schema_extra={"panel": PROTOCOL}
    )
    min_genes: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Smallest share of a model's genes that a cohort must have.",
        json_schema_extra={"panel": DATA},
    )
    draws: int = Field(
        default=1000,
        ge=100,
        description="Bootstrap draws for intervals of differences.",
        json_schema_extra=by_preset(PROTOCOL),
    )
    backend: CircuitBackend = "statevector"
    seed: FirstSeed = 0

    _distinct = field_validator("drugs", "cohorts", "models", "align")(one_of_each)

    @field_validator("models")
    @classmethod
    def _known_models(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            contender(name)
        return given

    @field_validator("align")
    @classmethod
    def _known_alignments(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            check_alignment(name)
        return given

    @field_validator("cohorts")
    @classmethod
    def _distinct_names(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        names = [parse_source(each).name for each in given]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(f"cohorts: two folders are called {twice!r}; rename one.")
        return given

    @property
    def sources(self) -> tuple[CohortSource, ...]:
        """The cohorts, read."""
        return tuple(parse_source(each) for each in self.cohorts)

    def model_settings(self, name: str) -> dict[str, Any]:
        """Return the settings of a contender's model."""
        chosen = contender(name)
        moderation = {"a": self.a, "r": self.r}
        own: dict[str, Any] = {k: v for k, v in moderation.items() if k in chosen.axes}
        return {"model": chosen.model, **own, **chosen.settings}

    def fit(self) -> FitConfig:
        """Return how models are trained."""
        return FitConfig.make(
            epochs=self.epochs, batch_size=self.batch_size, lr=self.lr, patience=self.patience
        )
