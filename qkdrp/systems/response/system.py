"""The system ``response``: gene expression of samples against the response to one drug."""

from collections.abc import Mapping, Sequence
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
from qkdrp.nn.encoder import HIDDEN_SIZES
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response import kept_rows
from qkdrp.systems.response.baselines import BASELINES, fit_baseline
from qkdrp.systems.response.card import card_text
from qkdrp.systems.response.checks import check_config
from qkdrp.systems.response.config import DataConfig, TrainConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.load import list_drugs, load_data
from qkdrp.systems.response.doubts import doubts_after
from qkdrp.systems.response.explain import gene_features
from qkdrp.systems.response.facts import facts_of, score_title
from qkdrp.systems.response.fit_task import ResponseTask
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.systems.response.monitors import AUC
from qkdrp.systems.response.new_samples.support import ResponseNewSamples
from qkdrp.systems.response.predictions import SCORE_ROWS, predictions_of, score_table
from qkdrp.systems.response.preprocess import Preprocessor, fit_preprocessor
from qkdrp.systems.response.recipes import build_model, pqc_of
from qkdrp.systems.response.rows import rows_of
from qkdrp.systems.response.split import MIN_BIN_SIZE, check_cohort, label_bins, make_split
from qkdrp.training.card import CardText
from qkdrp.training.description import Description, Download, OnProgress
from qkdrp.training.features import Features
from qkdrp.training.rows import Rows
from qkdrp.training.run_report import RunContent, RunReport
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.split import Split
from qkdrp.training.stored_state import State
from qkdrp.training.system import Facts, FitBaseline, LayerCircuit, System, Values
from qkdrp.training.trained import Trained

LAYER = "core"
"""Name of the quantum layer in the model."""


class ResponseSystem(System[TrainConfig, Cohort, Preprocessor]):
    """Predicts the normalised ln IC50 of one drug, and who responds (Ito et al. 2025)."""

    name = "response"
    config_type = TrainConfig
    score_rows: ClassVar[tuple[ScoreRow, ...]] = SCORE_ROWS
    score_caption = "in brackets: 95% intervals; MSE and R2 of the tanh-normalised response"
    history_columns = (AUC, "a", "r")
    baselines: ClassVar[Mapping[str, FitBaseline]] = MappingProxyType(
        {name: partial(fit_baseline, name) for name in BASELINES}
    )
    reference_baseline = "ridge"
    fixed: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"encoder": {"hidden": list(HIDDEN_SIZES), "after_each": ["BatchNorm1d", "SiLU"]}}
    )
    preload = ("qkdrp.systems.response.regressor",)
    new_samples = ResponseNewSamples()

    def load(self, data: DataConfig) -> Cohort:
        """Load the cohort of a drug.

        Raises:
            DataError: If it cannot be read, or labels and values contradict each other.
        """
        return load_data(data)

    def describe(self, source: str) -> list[str]:
        """Return the drugs of a source."""
        return list_drugs(source)

    def overview(self, data: DataConfig, on_progress: OnProgress) -> Description:
        """Return the drugs of a source with their counts."""
        from qkdrp.systems.response.overview import overview_of_drugs  # pooch is slow to import

        return overview_of_drugs(data, on_progress)

    def downloads(self) -> Mapping[str, Download]:
        """Return what downloads cohorts of published studies."""
        from qkdrp.systems.response.overview import downloads

        return downloads()

    def split(self, dataset: Cohort, config: TrainConfig) -> Split:
        """Divide samples 9:1 for the test and 4:1 for the validation."""
        return make_split(dataset, derive_seed(config.seed, "split"), config.data.stratify_test)

    def final_split(self, dataset: Cohort) -> Split:
        """Return the split of a training on all samples, of both classes."""
        check_cohort(dataset)
        return super().final_split(dataset)

    def focus(self, config: TrainConfig, target: str) -> TrainConfig:
        """Return the settings of a training on one drug."""
        data = config.data.model_copy(update={"drug": target})
        return config.model_copy(update={"data": data})

    def strata(self, dataset: Cohort, least: int) -> NDArray[np.int64]:
        """Return the bin of the label of each sample; bins are not smaller than in splits."""
        return label_bins(dataset.ln_ic50, max(least, MIN_BIN_SIZE))

    def groups(self, dataset: Cohort) -> NDArray[np.str_] | None:
        """Return the group of each sample, such as its patient, where the settings name one."""
        return dataset.groups

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
        """Refuse unknown names, a missing folder, and a and r where there are none to learn."""
        check_config(config)

    def build(
        self, config: TrainConfig, preprocessor: Preprocessor, backend: Backend, seed: int
    ) -> HybridModel:
        """Build a model with fresh weights."""
        return build_model(config.model, len(preprocessor.transform.genes), backend, seed)

    def circuits(self, config: TrainConfig) -> Mapping[str, LayerCircuit]:
        """Return the circuit of the core; none for classical models."""
        quantum = recipe_of(config.model).quantum
        return {LAYER: LayerCircuit(pqc_of(config.model))} if quantum else {}

    def fit_task(self, config: TrainConfig) -> ResponseTask:
        """Return the squared error, watched by the score that settings name."""
        return ResponseTask(config.fit.monitor)

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

    def doubts(self, trained: Trained[TrainConfig, Preprocessor], train: Cohort) -> Sequence[str]:
        """Return whether angles crowd, and whether weights of the circuit hardly moved."""
        return tuple(doubts_after(trained, train))

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

    def report(self, run: RunContent[TrainConfig, Cohort, Preprocessor]) -> RunReport:
        """Return the course of training, predictions and embedding."""
        from qkdrp.systems.response.report import report_of  # matplotlib is slow to import

        return report_of(run)
