"""The settings of a training run: frozen, validated, written to ``config.json``.

Descriptions of fields are what ``qkdrp train --help`` says.
"""

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from qkdrp.circuits.entanglers import ENTANGLERS
from qkdrp.circuits.families.reuploading.measurement import MEASUREMENTS
from qkdrp.common.angles import parse_angle
from qkdrp.common.settings import Settings
from qkdrp.training.config import FitConfig
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

PAPER_A, PAPER_R = 20.0, math.pi / 2
"""Defaults of the moderated tanh (equation 2 of Ito et al. 2025)."""

Angle = Annotated[
    float,
    BeforeValidator(lambda given: parse_angle(given) if isinstance(given, str) else given),
    Field(gt=0),
]
"""Radians above 0; text such as ``pi/2`` is read, too."""


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
    """

    drug: str | None = Field(
        default=None, description="Drug; may be left out where there is only one."
    )
    partner: str | None = Field(
        default=None, description="Homogenised copy of MOLI's archive: TCGA or PDX."
    )
    # Came later than others: left out of files where it is not set, so that keys of finished
    # work stay what they were.
    decimal: Literal["point", "comma"] | None = Field(
        default=None,
        exclude_if=lambda given: given is None,
        description="What separates fractions in text tables: point or comma. "
        "[default: told from cells]",
        json_schema_extra={"metavar": "NAME"},
    )
    zscore: bool | None = Field(
        default=None, description="Standardise genes; by default unless they come standardised."
    )
    variance_threshold: float = Field(
        default=0.1, ge=0, description="Keep genes above this training variance."
    )
    stratify_test: bool = Field(default=False, description="Stratify the test split, too.")


class ModelConfig(ModelSettings):
    """What is trained. Symbols of Ito et al. 2025 in brackets.

    Args:
        model: A key of :data:`qkdrp.systems.response.recipes.MODELS`.
        n_qubits: Number of qubits (n1).
        n_encoding: Number of encoding layers (n2).
        n_variational: Number of variational layers in each block (n3).
        measurement: Measurement layer of the circuit.
        entangler: Entangler of the circuit.
        absorb_tail: Whether the last CNOTs are moved into the observables.
        a: Input scale of the moderated tanh.
        r: Output range of the moderated tanh, radians; text such as ``"pi/2"``, too.
        learn_a_r: Whether a and r are trained.
    """

    model: str = Field(
        default="moderated",
        description="classic, identity, layernorm, tanh, moderated, frozen, dense or squashed.",
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
    """

    system: Literal["response"] = Field(default="response", exclude=True)
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
