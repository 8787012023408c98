"""The settings of a training run: frozen, validated, written to ``config.json``.

Descriptions of fields are what ``qkdrp train --help`` says.
"""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from qkdrp.circuits.entanglers import ENTANGLERS
from qkdrp.circuits.families.reuploading.spec import ROTATIONS
from qkdrp.circuits.measurements import MEASUREMENTS
from qkdrp.common.settings import Settings, any_of
from qkdrp.nn.angle_settings import PAPER_A, PAPER_R, Angle
from qkdrp.nn.cores import Core
from qkdrp.nn.normalisation import NORMALISATIONS
from qkdrp.systems.response.measures import (
    LN_IC50,
    MEASURES,
    Direction,
    Measure,
    Transform,
    choose_measure,
)
from qkdrp.systems.response.models import MODELS
from qkdrp.systems.response.monitors import MONITORS
from qkdrp.training.config import FitConfig as AnyFitConfig
from qkdrp.training.monitor import known_monitor
from qkdrp.training.run_config import DataSettings, ModelSettings, RunConfig

__all__ = [
    "PAPER_A",
    "PAPER_R",
    "Angle",
    "DataConfig",
    "FitConfig",
    "ModelConfig",
    "Settings",
    "TrainConfig",
]

WholePath = Annotated[str, AfterValidator(lambda given: str(Path(given).absolute()))]
"""Path of a file, kept in a way that holds in every working folder."""


def _later(description: str, **shown: str) -> Any:  # noqa: ANN401  # pydantic's field
    """Return a setting that came later than others.

    It is left out of files where it is not set, so that keys of finished work stay what they were.
    """
    return Field(
        default=None,
        exclude_if=lambda given: given is None,
        description=description,
        json_schema_extra=dict(shown),
    )


class DataConfig(DataSettings):
    """What is learned from.

    Args:
        source: ``"synthetic"`` or a folder.
        drug: Name of the drug; may be None where the source has only one.
        partner: Homogenised copy of MOLI's archive to take, TCGA or PDX.
        decimal: What separates fractions in text tables, point or comma; None tells from the
            cells, and refuses those that may mean either.
        zscore: Whether to standardise genes; None does so unless the data come standardised.
        variance_threshold: Genes above this training variance are kept.
        stratify_test: Whether to stratify the test split.
        measure: Column of the response table to learn from; None for ``ln_ic50``.
        direction: On which side of the measure sensitive samples are; None where it is known.
        transform: What turns the measure into numbers to learn; None for its own.
        threshold: Samples on the sensitive side of this value of the measure are responders; None
            takes the column ``response``.
        target: ``"residual"`` learns what is left of the measure without the mean of the sample's
            kind, fitted on training rows; None learns the measure itself.
        residual_by: Column of the samples table that names the kind of a sample.
        split: File that says which part a sample is in; None divides at random.
        group_by: Column of the samples table; samples that share a value stay in one part.
        gene_map: File that gives genes other names; None keeps those of the data.
    """

    drug: str | None = Field(
        default=None, description="Drug; may be left out where there is only one."
    )
    partner: str | None = Field(
        default=None, description="Homogenised copy of MOLI's archive: TCGA or PDX."
    )
    decimal: Literal["point", "comma"] | None = _later(
        "What separates fractions in text tables: point or comma.",
        metavar="NAME",
        show_default="told from cells",
    )
    zscore: bool | None = Field(
        default=None, description="Standardise genes; by default unless they come standardised."
    )
    variance_threshold: float = Field(
        default=0.1, ge=0, description="Keep genes above this training variance."
    )
    stratify_test: bool = Field(default=False, description="Stratify the test split, too.")
    measure: str | None = _later(
        f"Column to learn from: {', '.join(MEASURES)}, or another of the response table.",
        metavar="COLUMN",
        show_default="ln_ic50",
    )
    direction: Direction | None = _later(
        "Which values of the measure are sensitive: lower or higher.",
        metavar="NAME",
        show_default="of a known measure",
    )
    transform: Transform | None = _later(
        f"Scale on which the measure is learned: {', '.join(get_args(Transform))}.",
        metavar="NAME",
        show_default="the measure's own",
    )
    threshold: float | None = _later(
        "Responders are the samples on the sensitive side of this value of the measure, in place "
        "of the column response."
    )
    target: Literal["value", "residual"] | None = _later(
        "value, or residual: what is left without the mean of the sample's kind.",
        metavar="NAME",
        show_default="value",
    )
    residual_by: str | None = _later(
        "Kind of a sample for --target residual: a column of the samples table, such as tissue.",
        metavar="COLUMN",
    )
    split: WholePath | None = _later(
        "Table that says which part a sample is in: sample, part (train, validation or test).",
        metavar="FILE",
    )
    group_by: str | None = _later(
        "Keep samples together that share a value of this column of the samples table.",
        metavar="COLUMN",
    )
    gene_map: WholePath | None = _later(
        "Table of two columns: a gene's name in the data, and the name to use.", metavar="FILE"
    )

    @field_validator("measure", "target")
    @classmethod
    def _leave_defaults_out(cls, given: str | None) -> str | None:
        """Return None for what would be taken anyway."""
        return None if given in {LN_IC50.column, "value"} else given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Check that settings do not contradict each other."""
        choose_measure(self.measure, self.direction, self.transform)
        if (self.target == "residual") != (self.residual_by is not None):
            raise ValueError("--target residual and --residual-by go together: give both")
        if self.split is not None and self.stratify_test:
            raise ValueError("--stratify-test draws a test part, and --split gives one: choose")
        return self

    @property
    def measured(self) -> Measure:
        """The measure that models learn."""
        return choose_measure(self.measure, self.direction, self.transform)


class ModelConfig(ModelSettings):
    """What is trained. Symbols of Ito et al. 2025 in brackets.

    Args:
        model: A key of :data:`qkdrp.systems.response.models.MODELS`.
        n_qubits: Number of qubits (n1).
        n_encoding: Number of encoding layers (n2).
        n_variational: Number of variational layers in each block (n3).
        measurement: Measurement layer of the circuit.
        entangler: Entangler of the circuit.
        rotation: Gate that the circuit's weights drive.
        absorb_tail: Whether the last CNOTs are moved into the observables.
        a: Input scale of the moderated tanh.
        r: Output range of the moderated tanh, radians; text such as ``"pi/2"``, too.
        learn_a_r: Whether a and r are trained.
        normalisation: In place of the model's own, a key of
            :data:`qkdrp.nn.normalisation.NORMALISATIONS`; None for the model's own.
        core: What stands in the circuit's place; None for the model's own.
    """

    model: str = Field(
        default="moderated",
        description=f"{any_of(MODELS)}.",
        json_schema_extra={"metavar": "NAME"},
    )
    n_qubits: int = Field(default=4, ge=2, description="Qubits, n1.")
    n_encoding: int = Field(default=2, ge=1, description="Encoding layers, n2.")
    n_variational: int = Field(default=1, ge=1, description="Variational layers per block, n3.")
    measurement: str = Field(
        default="multi",
        description=f"{', '.join(MEASUREMENTS)}.",
        json_schema_extra={"metavar": "NAME"},
    )
    entangler: str = Field(
        default="ring",
        description=f"{', '.join(ENTANGLERS)}.",
        json_schema_extra={"metavar": "NAME"},
    )
    rotation: str = Field(
        default=ROTATIONS[0],
        description=f"Gate of the trained angles: {', '.join(ROTATIONS)}.",
        json_schema_extra={"metavar": "NAME"},
    )
    absorb_tail: bool = Field(
        default=False,
        description="Move the last CNOTs into the observables: same numbers, less depth.",
    )
    a: float = Field(default=PAPER_A, gt=0, description="Input scale of r*tanh(phi/a).")
    r: Angle = Field(
        default=PAPER_R,
        description="Output range of r*tanh(phi/a) in radians; pi/2, 3pi/4 and the like.",
        json_schema_extra={"format": "angle", "show_default": "pi/2"},
    )
    learn_a_r: bool = Field(default=False, description="Train a and r.")
    # Left out of files where it is not set, as all that came later.
    normalisation: str | None = Field(
        default=None,
        exclude_if=lambda given: given is None,
        description=f"Normalisation of the embedding: {any_of(NORMALISATIONS)}. "
        "[default: the model's]",
        json_schema_extra={"metavar": "NAME"},
    )
    core: Core | None = Field(
        default=None,
        exclude_if=lambda given: given is None,
        description=f"In the circuit's place: {any_of(Core)}. [default: the model's]",
        json_schema_extra={"metavar": "NAME"},
    )

    @field_validator("core")
    @classmethod
    def _leave_own_core_out(cls, given: Core | None, info: ValidationInfo) -> Core | None:
        """Return None for the core that the model has anyway."""
        recipe = MODELS.get(info.data.get("model", ""))
        return None if recipe is not None and recipe.core is given else given


class FitConfig(AnyFitConfig):
    """How a model is trained, and what early stopping watches.

    Args:
        monitor: A key of :data:`qkdrp.systems.response.monitors.MONITORS`.
    """

    monitor: Annotated[str, AfterValidator(partial(known_monitor, MONITORS))] = Field(
        default="auc",
        exclude_if=lambda given: bool(given == "auc"),
        description=f"Validation score that tells the best epoch: {any_of(MONITORS)}.",
        json_schema_extra={"metavar": "NAME"},
    )


class TrainConfig(RunConfig):
    """Everything that determines a training run of the system ``response``.

    Args:
        system: ``"response"``; left out of files.
        data: What is learned from.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run while training, a key of :data:`qkdrp.backends.BACKENDS`.
        backend_options: The backend's own options.
        seed: Of split, initialisation and shuffling.
        threads: Threads of torch and of the backend; 0 for all cores.
        data_licence: Licence of the data, for the model card.
        final: How it trains on all samples; None for samples that are held out for a test.
    """

    system: Literal["response"] = Field(default="response", exclude=True)
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()

    @model_validator(mode="after")
    def _holds_out_or_not(self) -> Self:
        """Check that a training on all samples is asked for no test part."""
        if self.final is not None:
            asked = {"--split": self.data.split is not None}
            asked["--stratify-test"] = self.data.stratify_test
            for flag in (name for name, given in asked.items() if given):
                raise ValueError(
                    f"--final trains on all samples, and {flag} holds some out: choose"
                )
        return self
