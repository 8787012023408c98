"""Settings of a study of the response system: frozen, validated, written to ``study.json``.

Descriptions of fields are what ``qkdrp experiment cv --help`` says.
"""

from itertools import product
from typing import Annotated, Any

from pydantic import Field, field_validator

from qkdrp.cli.options import DATA
from qkdrp.common.settings import Settings
from qkdrp.experiments.ito.contenders import CONTENDERS
from qkdrp.experiments.study.fields import CircuitBackend
from qkdrp.experiments.study.options import PROTOCOL, TRIED, by_preset, listed
from qkdrp.systems.response.config import PAPER_A, PAPER_R, Angle, DataConfig, FitConfig

Positive = Annotated[float, Field(gt=0)]

AXES = ("n_qubits", "n_encoding", "n_variational", "lr", "a", "r")
"""Settings that a study may vary."""

MODELS_HELP = f"Of {', '.join(CONTENDERS)}, separated by commas."
A_HELP = "Input scales of r*tanh(phi/a), separated by commas."
R_HELP = "Output ranges in radians, as pi/2, separated by commas."
"""What the help says of settings that other studies have with other defaults."""


def one_of_each(values: tuple[object, ...]) -> tuple[object, ...]:
    """Return values without repetitions, in their order.

    Raises:
        ValueError: If there is none.
    """
    if not values:
        raise ValueError("expected at least one value")
    return tuple(dict.fromkeys(values))


class StudyConfig(Settings):
    """Everything that determines the numbers of a study. Symbols of Ito et al. 2025 in brackets.

    Args:
        study: Its name on the command line.
        data: What is learned from; the drug is left open.
        drugs: Drugs of the data.
        models: Keys of :data:`qkdrp.experiments.ito.contenders.CONTENDERS`.
        n_qubits: Numbers of qubits (n1) to try.
        n_encoding: Numbers of encoding layers (n2) to try.
        n_variational: Numbers of variational layers in a block (n3) to try.
        lr: Learning rates to try.
        a: Input scales of the moderated tanh to try.
        r: Output ranges of the moderated tanh to try, radians.
        repeats: Times that the folds are drawn anew.
        folds: Folds of the cross-validation, stratified.
        epochs: Epochs of every fold, and at most of a final training.
        patience: Epochs without a better validation AUC before a final training stops.
        batch_size: Samples in a batch.
        centre_head: Whether the head's bias starts where the mean prediction is the mean label.
        backend: Where circuits run.
        seed: Of splits, folds, initial weights and shuffling.
    """

    study: str = "cv"
    data: DataConfig = DataConfig()
    drugs: tuple[str, ...] = Field(
        min_length=1,
        description="Drugs; all of the data by default, separated by commas.",
        json_schema_extra=listed(DATA),
    )
    models: tuple[str, ...] = Field(
        min_length=1, description=MODELS_HELP, json_schema_extra=listed(TRIED)
    )
    n_qubits: tuple[Annotated[int, Field(ge=2)], ...] = Field(
        default=(4,),
        description="Qubits, n1, separated by commas.",
        json_schema_extra=listed(TRIED),
    )
    n_encoding: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(2,),
        description="Encoding layers, n2, separated by commas.",
        json_schema_extra=listed(TRIED),
    )
    n_variational: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(1,),
        description="Variational layers per block, n3, separated by commas.",
        json_schema_extra=listed(TRIED),
    )
    lr: tuple[Positive, ...] = Field(
        default=(1e-4,),
        description="Learning rates, separated by commas.",
        json_schema_extra=listed(TRIED),
    )
    a: tuple[Positive, ...] = Field(
        default=(PAPER_A,), description=A_HELP, json_schema_extra=listed(TRIED)
    )
    r: tuple[Angle, ...] = Field(
        default=(PAPER_R,), description=R_HELP, json_schema_extra=listed(TRIED, format="angle")
    )
    repeats: int = Field(
        default=2,
        ge=1,
        description="Times that the folds are drawn anew.",
        json_schema_extra=by_preset(PROTOCOL),
    )
    folds: int = Field(default=5, ge=2, description="Folds.", json_schema_extra=by_preset(PROTOCOL))
    epochs: int = Field(
        default=100, ge=1, description="Epochs.", json_schema_extra=by_preset(PROTOCOL)
    )
    patience: int = Field(
        default=3,
        ge=0,
        description="Of final trainings: epochs without a better validation AUC.",
        json_schema_extra={"panel": PROTOCOL},
    )
    batch_size: int = Field(
        default=128,
        ge=2,
        description="Samples in a batch.",
        json_schema_extra={"panel": PROTOCOL},
    )
    centre_head: bool = Field(
        default=True,
        description="Start the head where the mean prediction is the mean label.",
        json_schema_extra={"panel": PROTOCOL},
    )
    backend: CircuitBackend = "statevector"
    seed: int = Field(
        default=0,
        ge=0,
        description="Of splits, folds, weights and shuffling.",
        json_schema_extra={"panel": PROTOCOL},
    )

    _distinct = field_validator(
        "drugs", "models", "n_qubits", "n_encoding", "n_variational", "lr", "a", "r"
    )(one_of_each)

    def choices(self, model: str) -> list[dict[str, Any]]:  # noqa: ARG002  # the same for each
        """Return every choice of the varied settings that is to be tried with a model."""
        values = [getattr(self, name) for name in AXES]
        return [dict(zip(AXES, choice, strict=True)) for choice in product(*values)]

    def fit(self, lr: float, patience: int) -> FitConfig:
        """Return how one model is trained."""
        return FitConfig.make(
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=lr,
            patience=patience,
            centre_head=self.centre_head,
        )
