"""Hyperparameters of our models in DrEval, and which of them are tried."""

from itertools import product
from typing import Any

from pydantic import Field

from qkdrp.common.settings import Settings
from qkdrp.nn.normalisation import find_normalisation
from qkdrp.systems.response.config import PAPER_A, PAPER_R, Angle, FitConfig, ModelConfig
from qkdrp.systems.response.models import MODELS

GENE_LIST = "gene_expression_intersection"
"""drevalpy's list of the genes that all its data sets have."""

GRID = {"lr": (1e-4, 1e-3), "a": (PAPER_A, 5.0)}
"""What is tried in all combinations; a, for models with a moderated tanh only."""


class DrevalSettings(Settings):
    """What drevalpy calls the hyperparameters of a model: flat, so that JSON and YAML hold them.

    Args:
        model: A key of :data:`~qkdrp.systems.response.recipes.MODELS`.
        n_qubits: Number of qubits.
        n_encoding: Number of encoding layers.
        n_variational: Number of variational layers in each block.
        a: Input scale of the moderated tanh.
        r: Output range of the moderated tanh, radians.
        epochs: Largest number of epochs.
        batch_size: Samples in a batch.
        lr: Learning rate.
        patience: Epochs without a lower validation loss before stopping; 0 never stops.
        variance: Genes above this training variance are kept.
        gene_list: A list of drevalpy, without its ending; None for all genes.
        backend: Where circuits run.
        seed: Of initial weights and shuffling.
    """

    model: str
    n_qubits: int = Field(default=4, ge=2)
    n_encoding: int = Field(default=2, ge=1)
    n_variational: int = Field(default=1, ge=1)
    a: float = Field(default=PAPER_A, gt=0)
    r: Angle = PAPER_R
    epochs: int = Field(default=100, ge=1)
    batch_size: int = Field(default=128, ge=2)
    lr: float = Field(default=1e-4, gt=0)
    patience: int = Field(default=3, ge=0)
    variance: float = Field(default=0.1, ge=0)
    gene_list: str | None = GENE_LIST
    backend: str = "statevector"
    seed: int = Field(default=0, ge=0)

    @property
    def network(self) -> ModelConfig:
        """The settings of the model."""
        names = ("model", "n_qubits", "n_encoding", "n_variational", "a", "r")
        return ModelConfig.make(**{name: getattr(self, name) for name in names})

    @property
    def fit(self) -> FitConfig:
        """The settings of the training."""
        names = ("epochs", "batch_size", "lr", "patience")
        return FitConfig.make(**{name: getattr(self, name) for name in names})

    @classmethod
    def grid(cls, recipe: str) -> list[dict[str, Any]]:
        """Return the hyperparameters that are tried for a recipe, its published ones first."""
        scaled = find_normalisation(MODELS[recipe].normalisation).scaled
        tried = {name: values for name, values in GRID.items() if name != "a" or scaled}
        return [dict(zip(tried, values, strict=True)) for values in product(*tried.values())]
