"""The settings of a training run: frozen, validated, written to ``config.json``.

Descriptions of fields are what ``qkdrp train-pairs --help`` says.
"""

from functools import partial
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from qkdrp.circuits.entanglers import ENTANGLERS
from qkdrp.circuits.families.reuploading.spec import ROTATIONS, PQCSpec
from qkdrp.common.names import known_name
from qkdrp.common.settings import any_of
from qkdrp.nn.angle_settings import PAPER_A, PAPER_R, Angle
from qkdrp.nn.cores import Core
from qkdrp.nn.normalisation import NORMALISATIONS, find_normalisation
from qkdrp.systems.pairs.models import EMBEDDING_SIZE, HYBRID, MODELS, SPLITS
from qkdrp.systems.pairs.reading_config import NAME, ReadingConfig
from qkdrp.training.config import FitConfig as AnyFitConfig
from qkdrp.training.run_config import DataSettings, ModelSettings, RunConfig

SINGLE = "single"
"""Measurement layer of the circuit: one value, the parity of all qubits."""


class DataConfig(ReadingConfig, DataSettings):
    """What is learned from, and which pairs are for what.

    Args:
        source: ``"synthetic"`` or a folder.
        split: A key of :data:`~qkdrp.systems.pairs.models.SPLITS`.
        train_size: Training and validation pairs together; more than there are means all.
        test_size: Test pairs; more than there are means all.
        replicates: What is done with a pair that is measured twice.
        strict: Whether pairs without line or drug are refused rather than left out.
        decimal: What separates fractions in text tables; None tells from the cells.
    """

    split: Annotated[str, AfterValidator(partial(known_name, SPLITS))] = Field(
        default="lpo",
        description="What the test leaves out: "
        + any_of(f"{name} ({what})" for name, what in SPLITS.items())
        + ".",
        json_schema_extra=NAME,
    )
    train_size: int = Field(
        default=5000, ge=20, description="Training pairs; a tenth of them tells when to stop."
    )
    test_size: int = Field(default=1000, ge=2, description="Test pairs.")
    replicates: Literal["refuse", "mean"] = Field(
        default="refuse",
        description="Pairs that are measured twice: refuse, or take their mean.",
        json_schema_extra=NAME,
    )
    strict: bool = Field(
        default=False,
        description="Refuse pairs without features or SMILES; else they are left out.",
    )
    decimal: Literal["point", "comma"] | None = Field(
        default=None,
        description="What separates fractions in text tables: point or comma.",
        json_schema_extra={"metavar": "NAME", "show_default": "told from cells"},
    )


class ModelConfig(ModelSettings):
    """What is trained. Symbols of Sagingalieva et al. 2023 in brackets.

    Args:
        model: A key of :data:`~qkdrp.systems.pairs.models.MODELS`.
        core: What stands in the circuit's place; of ``hybrid`` only.
        normalisation: A key of :data:`qkdrp.nn.normalisation.NORMALISATIONS`, between the branches
            and what follows.
        a: Input scale of the moderated tanh.
        r: Output range of the moderated tanh, radians.
        learn_a_r: Whether a and r are trained.
        n_qubits: Number of qubits.
        n_encoding: Number of encoding layers, the lattice length.
        n_variational: Variational layers before the first encoding and after each.
        rotation: Gate that the circuit's weights drive.
        entangler: Entangler of the circuit.
        bridge: What takes the 256 outputs of the branches to the circuit's angles.
        order: Which branch's outputs come first.
        dropout: Probability of dropout in the drug branch while training.
        dropout_place: After which of its dense layers.
        classical_affine: Whether the classical head ends with a trained scale and offset, too.
    """

    model: Annotated[str, AfterValidator(partial(known_name, MODELS))] = Field(
        default=HYBRID, description=f"{any_of(MODELS)}.", json_schema_extra=NAME
    )
    core: Core = Field(
        default=Core.QUANTUM,
        description=f"In the circuit's place: {any_of(Core)}.",
        json_schema_extra=NAME,
    )
    normalisation: Annotated[str, AfterValidator(partial(known_name, NORMALISATIONS))] = Field(
        default="identity",
        description=f"From the branches to angles: {any_of(NORMALISATIONS)}.",
        json_schema_extra=NAME,
    )
    a: float = Field(default=PAPER_A, gt=0, description="Input scale of r*tanh(phi/a).")
    r: Angle = Field(
        default=PAPER_R,
        description="Output range of r*tanh(phi/a) in radians; pi/2, 3pi/4 and the like.",
        json_schema_extra={"format": "angle", "show_default": "pi/2"},
    )
    learn_a_r: bool = Field(default=False, description="Train a and r.")
    n_qubits: int = Field(default=8, ge=2, description="Qubits.")
    n_encoding: int = Field(default=32, ge=1, description="Encoding layers.")
    n_variational: int = Field(default=5, ge=1, description="Variational layers per block.")
    rotation: Annotated[str, AfterValidator(partial(known_name, ROTATIONS))] = Field(
        default=ROTATIONS[0],
        description=f"Gate of the trained angles: {any_of(ROTATIONS)}.",
        json_schema_extra=NAME,
    )
    entangler: Annotated[str, AfterValidator(partial(known_name, ENTANGLERS))] = Field(
        default="ring", description=f"{any_of(ENTANGLERS)}.", json_schema_extra=NAME
    )
    bridge: Literal["none", "linear"] = Field(
        default="none",
        description="From the 256 outputs of the branches to the circuit's angles: none, or linear "
        "where their numbers differ.",
        json_schema_extra=NAME,
    )
    order: Literal["drug-first", "line-first"] = Field(
        default="drug-first",
        description="Which branch's outputs come first: drug-first or line-first.",
        json_schema_extra=NAME,
    )
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Dropout in the drug branch while training."
    )
    dropout_place: Literal["hidden", "last", "both"] = Field(
        default="hidden",
        description="Dense layers of the drug branch that dropout follows: hidden, last (its "
        "outputs, the circuit's angles) or both.",
        json_schema_extra=NAME,
    )
    classical_affine: bool = Field(
        default=False,
        description="Scale and offset after the classical head, as after the circuit.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Check that settings do not contradict each other."""
        if self.model != HYBRID and self.core is not Core.QUANTUM:
            raise ValueError(
                f"--core {self.core} says what stands in the circuit's place, and model "
                f"{self.model!r} has none: leave it out, or take --model {HYBRID}"
            )
        if self.learn_a_r and not find_normalisation(self.normalisation).scaled:
            raise ValueError(
                f"normalisation {self.normalisation!r} has no a and r to learn: choose moderated"
            )
        if self.model == HYBRID and self.bridge == "none" and self.n_angles != EMBEDDING_SIZE:
            raise ValueError(
                f"a circuit of {self.n_qubits} qubits and {self.n_encoding} encoding layers takes "
                f"{self.n_angles} angles, and the branches give {EMBEDDING_SIZE}: say --bridge "
                "linear"
            )
        return self

    @property
    def n_angles(self) -> int:
        """Angles that the circuit takes."""
        return self.n_qubits * self.n_encoding

    @property
    def quantum(self) -> bool:
        """Whether there is a circuit."""
        return self.model == HYBRID and self.core in {Core.QUANTUM, Core.FROZEN}

    @property
    def spec(self) -> PQCSpec:
        """The circuit, the quantum depth-infused layer of the paper."""
        return PQCSpec(
            self.n_qubits,
            self.n_encoding,
            self.n_variational,
            measurement=SINGLE,
            entangler=self.entangler,
            rotation=self.rotation,
        )


class TrainingConfig(AnyFitConfig):
    """How a network is trained; batch size, epochs and patience are not given in the paper."""

    batch_size: int = Field(default=64, ge=2, description="Pairs in a batch.")
    lr: float = Field(default=1.8e-3, gt=0, description="Learning rate of the optimiser.")
    patience: int = Field(
        default=10,
        ge=0,
        description="Epochs without a better validation loss before stopping; 0 never stops.",
    )
    centre_head: bool = Field(
        default=True,
        description="Start where the mean prediction is the mean target, whatever the head.",
    )


class FitConfig(TrainingConfig):
    """How a run is trained.

    Args:
        paper_protocol: Whether all training pairs are trained on, for all epochs.
    """

    paper_protocol: bool = Field(
        default=False,
        exclude_if=lambda given: not given,
        description="As in the paper: no validation part, and all epochs are trained. The last one "
        "counts; the best one on the test part is told, too, and marked as selected on it.",
    )


class PairsConfig(RunConfig):
    """Everything that determines a training run of the system ``pairs``.

    Args:
        system: ``"pairs"``.
        data: What is learned from.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run while training, a key of :data:`qkdrp.backends.BACKENDS`.
        backend_options: The backend's own options.
        seed: Of split, initialisation, shuffling and dropout.
        threads: Threads of torch and of the backend; 0 for all cores.
        data_licence: Licence of the data, for the model card.
    """

    system: Literal["pairs"] = "pairs"
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()
    backend: str = "statevector"  # a circuit this deep takes others seconds a step
