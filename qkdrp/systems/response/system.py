"""The system ``response``: gene expression of samples against the response to one drug."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.backends import Backend
from qkdrp.common.errors import DataError
from qkdrp.common.seeds import derive_seed
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response import kept_rows
from qkdrp.systems.response.baselines import BASELINES, fit_baseline
from qkdrp.systems.response.card import card_text
from qkdrp.systems.response.config import DataConfig, TrainConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.load import list_drugs, load_data
from qkdrp.systems.response.explain import gene_features
from qkdrp.systems.response.facts import facts_of, score_title
from qkdrp.systems.response.fit_task import AUC, ResponseTask
from qkdrp.systems.response.predictions import SCORE_ROWS, predictions_of, score_table
from qkdrp.systems.response.preprocess import Preprocessor, fit_preprocessor
from qkdrp.systems.response.recipes import build_model, pqc_of, recipe_of
from qkdrp.systems.response.rows import rows_of
from qkdrp.systems.response.split import label_bins, make_split
from qkdrp.training.card import CardText
from qkdrp.training.features import Features
from qkdrp.training.rows import Rows
from qkdrp.training.split import Split
from qkdrp.training.stored_state import State
from qkdrp.training.system import Facts, FitBaseline, LayerCircuit, ScoreRow, System, Values
from qkdrp.training.trained import Trained

LAYER = "core"
"""Name of the quantum layer in the model."""


class ResponseSystem(System[TrainConfig, Cohort, Preprocessor]):
    """Predicts the normalised ln IC50 of one drug, and who responds (Ito et al. 2025)."""

    name = "response"
    config_type = TrainConfig
    score_rows: ClassVar[tuple[ScoreRow, ...]] = SCORE_ROWS
    score_caption = "in brackets: 95% intervals; MSE of the tanh-normalised ln IC50"
    history_columns = (AUC, "a", "r")
    monitor_label = "validation AUC"
    baselines: ClassVar[Mapping[str, FitBaseline]] = MappingProxyType(
        {name: partial(fit_baseline, name) for name in BASELINES}
    )
    reference_baseline = "ridge"
    preload = ("qkdrp.systems.response.regressor",)

    def load(self, data: DataConfig) -> Cohort:
        """Load the cohort of a drug.

        Raises:
            DataError: If it cannot be read, or labels and values contradict each other.
        """
        return load_data(data)

    def describe(self, source: str) -> list[str]:
        """Return the drugs of a source."""
        return list_drugs(source)

    def split(self, dataset: Cohort, config: TrainConfig) -> Split:
        """Divide samples 9:1 for the test and 4:1 for the validation."""
        return make_split(dataset, derive_seed(config.seed, "split"), config.data.stratify_test)

    def strata(self, dataset: Cohort, least: int) -> NDArray[np.int64]:
        """Return the bin of the label of each sample."""
        return label_bins(dataset.ln_ic50, least)

    def check_part(self, dataset: Cohort, where: str) -> None:
        """Refuse rows of one class."""
        n_responder = int(dataset.responder.sum())
        if n_responder in {0, len(dataset)}:
            raise DataError(
                f"{dataset.drug}: {where} holds {n_responder} responders among {len(dataset)} "
                "samples, expected both classes: take fewer --folds or another --seed."
            )

    def fit_preprocessor(self, train: Cohort, config: TrainConfig) -> Preprocessor:
        """Fit imputation, filter, scaling and label constants."""
        return fit_preprocessor(train, config.data)

    def preprocessor_from(self, state: State) -> Preprocessor:
        """Make a preprocessor again from its state."""
        return Preprocessor.from_state(state)

    def rows(self, preprocessor: Preprocessor, dataset: Cohort) -> Rows:
        """Return genes, normalised label and responder flags."""
        return rows_of(preprocessor, dataset)

    def keep(self, preprocessor: Preprocessor, dataset: Cohort) -> State:
        """Return samples with the genes that the model reads."""
        return kept_rows.state_of(dataset, preprocessor.transform.genes)

    def kept(self, state: State) -> Cohort:
        """Make samples again."""
        return kept_rows.cohort_of(state)

    def check(self, config: TrainConfig) -> None:
        """Refuse unknown models and circuits, and a and r where there are none to learn."""
        recipe_of(config.model)

    def build(
        self, config: TrainConfig, preprocessor: Preprocessor, backend: Backend, seed: int
    ) -> HybridModel:
        """Build a model with fresh weights."""
        return build_model(config.model, len(preprocessor.transform.genes), backend, seed)

    def circuits(self, config: TrainConfig) -> Mapping[str, LayerCircuit]:
        """Return the circuit of the core; none for classical models."""
        quantum = recipe_of(config.model).quantum
        return {LAYER: LayerCircuit(pqc_of(config.model))} if quantum else {}

    def fit_task(self, config: TrainConfig) -> ResponseTask:  # noqa: ARG002
        """Return the squared error, watched by the validation AUC."""
        return ResponseTask()

    def predictions(
        self, preprocessor: Preprocessor, dataset: Cohort, part: str, values: Values
    ) -> pd.DataFrame:
        """Return one row per sample with measured and predicted label."""
        return predictions_of(preprocessor, dataset, part, values)

    def score(self, predictions: pd.DataFrame) -> dict[str, Any]:
        """Return AUC, correlations and squared error."""
        return score_table(predictions).model_dump()

    def facts(
        self, config: TrainConfig, dataset: Cohort, split: Split, preprocessor: Preprocessor
    ) -> Facts:
        """Return drug, model, counts and first lines."""
        return facts_of(config, dataset, split, preprocessor)

    def score_title(self, metrics: Mapping[str, Any]) -> str:
        """Return drug and counts of the test samples."""
        return score_title(metrics)

    def features(self, preprocessor: Preprocessor, rows: Rows) -> Features:  # noqa: ARG002
        """Return the genes that the model reads."""
        return gene_features(preprocessor.transform)

    def card(self, config: TrainConfig, metrics: Mapping[str, Any]) -> CardText:
        """Return what the model card says of drug, use and limits."""
        return card_text(config, metrics)

    def draw(
        self,
        folder: Path,
        trained: Trained[TrainConfig, Preprocessor],
        dataset: Cohort,
        history: pd.DataFrame,
        predictions: pd.DataFrame,
    ) -> None:
        """Draw the learning curve, predicted against measured, and the embedding."""
        from qkdrp.systems.response.figures import draw_figures  # matplotlib is slow to import

        draw_figures(folder, trained, dataset, history, predictions)
