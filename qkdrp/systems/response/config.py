"""The settings of a training run: frozen, validated, written to ``config.json``."""

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from qkdrp.common.angles import parse_angle
from qkdrp.training.config import FitConfig, Later, Settings

__all__ = [
    "PAPER_A",
    "PAPER_R",
    "Angle",
    "DataConfig",
    "FitConfig",
    "Later",
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


class DataConfig(Settings):
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

    source: str = "synthetic"
    drug: str | None = None
    partner: str | None = None
    decimal: Literal["point", "comma"] | None = Later
    zscore: bool | None = None
    variance_threshold: float = Field(default=0.1, ge=0)
    stratify_test: bool = False


class ModelConfig(Settings):
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

    model: str = "moderated"
    n_qubits: int = Field(default=4, ge=2)
    n_encoding: int = Field(default=2, ge=1)
    n_variational: int = Field(default=1, ge=1)
    measurement: str = "multi"
    entangler: str = "ring"
    absorb_tail: bool = False
    a: float = Field(default=PAPER_A, gt=0)
    r: Angle = PAPER_R
    learn_a_r: bool = False


class TrainConfig(Settings):
    """Everything that determines a training run.

    Args:
        data: What is learned from.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run while training, a key of :data:`qkdrp.backends.BACKENDS`.
        backend_options: The backend's own options.
        seed: Of split, initialisation and shuffling.
        threads: Threads of torch and of the backend; 0 for all cores.
    """

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()
    backend: str = "aer_exact"
    backend_options: dict[str, bool | int | float | str] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0)
    threads: int = Field(default=0, ge=0)
