"""The system ``pairs``: features of a cell line and the graph of a drug against their response."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.backends import Backend
from qkdrp.backends.registry import check_backend
from qkdrp.common.seeds import derive_seed
from qkdrp.systems.pairs import kept_rows
from qkdrp.systems.pairs.baselines import BASELINES
from qkdrp.systems.pairs.build import build_model, pqc_of
from qkdrp.systems.pairs.cells import check_feature_count
from qkdrp.systems.pairs.config import DataConfig, PairsConfig
from qkdrp.systems.pairs.data.load import load_pairs
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.extra import need_graph_extra
from qkdrp.systems.pairs.facts import facts_of, score_title
from qkdrp.systems.pairs.fit_task import PREDICTION_SD, PairsTask, collapse_doubts
from qkdrp.systems.pairs.model import PairModel
from qkdrp.systems.pairs.new_samples.support import PairNewSamples
from qkdrp.systems.pairs.overview import overview_of
from qkdrp.systems.pairs.per_drug import PER_DRUG, per_drug
from qkdrp.systems.pairs.predictions import SCORE_ROWS, predictions_of
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.rows import PairRows, rows_of
from qkdrp.systems.pairs.scores import score
from qkdrp.systems.pairs.selection import selected_on_test, selection_note
from qkdrp.systems.pairs.split import make_split
from qkdrp.systems.pairs.spread import SPREADS
from qkdrp.training.card import CardText
from qkdrp.training.description import Description, OnProgress
from qkdrp.training.epoch import Fit
from qkdrp.training.features import Features
from qkdrp.training.loop import SHOWN_LOSS
from qkdrp.training.rows import Rows
from qkdrp.training.run_config import SYNTHETIC
from qkdrp.training.run_report import RunContent, RunReport
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.source import check_source
from qkdrp.training.split import Split
from qkdrp.training.stored_state import State
from qkdrp.training.system import Facts, FitBaseline, LayerCircuit, System, Values
from qkdrp.training.trained import Trained
from qkdrp.training.wholes import Whole

LAYER = "core"
"""Name of the quantum layer in the model."""


class PairsSystem(System[PairsConfig, PairData, Preprocessor]):
    """Predicts the response of a pair of cell line and drug (Sagingalieva et al. 2023)."""

    name = "pairs"
    config_type = PairsConfig
    row_key = ("pair",)
    score_rows: ClassVar[tuple[ScoreRow, ...]] = SCORE_ROWS
    score_caption = (
        "in brackets: 95% intervals over lines, drugs or tissues; MSE and R2 of the target t"
    )
    history_columns = (*SPREADS, PREDICTION_SD, "a", "r", SHOWN_LOSS)
    baselines: ClassVar[Mapping[str, FitBaseline]] = BASELINES
    reference_baseline = "additive_ridge"
    packages = ("rdkit", "torch_geometric")
    preload = ("qkdrp.systems.pairs.drugs",)
    explained_rows = 256  # each has a network of its own to differentiate
    new_samples = PairNewSamples()

    def load(self, data: DataConfig) -> PairData:
        """Load the pairs of a source.

        Raises:
            DataError: If they cannot be read.
        """
        return load_pairs(data)

    def overview(self, data: DataConfig, on_progress: OnProgress) -> Description:  # noqa: ARG002  # one table
        """Return the sizes of a source and its drugs."""
        return overview_of(load_pairs(data), data.source)

    def split(self, dataset: PairData, config: PairsConfig) -> Split:
        """Leave out pairs, lines, drugs or tissues, as settings say."""
        seed, validation = derive_seed(config.seed, "split"), not config.fit.paper_protocol
        return make_split(dataset, config.data, seed, validation=validation)

    def groups(self, dataset: PairData) -> NDArray[np.str_] | None:
        """Return the cell line of each pair: folds of a study leave whole lines out."""
        return dataset.samples

    def fit_preprocessor(self, train: PairData, config: PairsConfig) -> Preprocessor:
        """Fit features and mean effects."""
        check_feature_count(len(train.lines.features))
        return Preprocessor.fit(train, config.data, derive_seed(config.seed, "columns"))

    def preprocessor_from(self, state: State) -> Preprocessor:
        """Make a preprocessor again from its state."""
        return Preprocessor.from_state(state)

    def rows(self, preprocessor: Preprocessor, dataset: PairData) -> PairRows:
        """Return tables of lines and molecules, and two indices for each pair."""
        return rows_of(preprocessor, dataset)

    def keep(self, preprocessor: Preprocessor, dataset: PairData) -> State:  # noqa: ARG002  # all features are read
        """Return pairs with the lines and drugs that they have."""
        return kept_rows.state_of(dataset)

    def kept(self, state: State) -> PairData:
        """Make pairs again."""
        return kept_rows.pairs_of(state)

    def check(self, config: PairsConfig) -> None:
        """Refuse a missing extra, an unknown backend and a missing folder."""
        need_graph_extra()
        check_backend(config.backend, config.backend_options)
        if config.data.source != SYNTHETIC:
            check_source(config.data.source)

    def build(
        self, config: PairsConfig, preprocessor: Preprocessor, backend: Backend, seed: int
    ) -> PairModel:
        """Build a model with fresh weights."""
        return build_model(config.model, len(preprocessor.features.names), backend, seed)

    def circuits(self, config: PairsConfig) -> Mapping[str, LayerCircuit]:
        """Return the circuit of the core; none for classical models."""
        return {LAYER: LayerCircuit(pqc_of(config.model))} if config.model.quantum else {}

    def fit_task(self, config: PairsConfig) -> PairsTask:
        """Return the squared error, with a seed where dropout needs one."""
        seeded = config.model.dropout > 0
        return PairsTask(derive_seed(config.seed, "dropout") if seeded else None)

    def shows_test(self, config: PairsConfig) -> bool:
        """Tell whether the loss of the test part is recorded: the protocol of the paper does so."""
        return config.fit.paper_protocol

    def course(self, config: PairsConfig, fit: Fit) -> Mapping[str, Any]:
        """Return the epoch that the test part would select, where its loss is recorded."""
        return selected_on_test(fit) if config.fit.paper_protocol else {}

    def predictions(
        self, preprocessor: Preprocessor, dataset: PairData, part: str, values: Values
    ) -> pd.DataFrame:
        """Return one row per pair with measured and predicted target."""
        return predictions_of(preprocessor, dataset, part, values)

    def score(self, predictions: pd.DataFrame) -> dict[str, Any]:
        """Return errors and correlations."""
        return score(predictions)

    def facts(
        self, config: PairsConfig, dataset: PairData, split: Split, preprocessor: Preprocessor
    ) -> Facts:
        """Return split, model, counts and first lines."""
        return facts_of(config, dataset, split, preprocessor)

    def score_title(self, metrics: Mapping[str, Any]) -> str:
        """Return split and counts of the test pairs."""
        return score_title(metrics)

    def features(self, preprocessor: Preprocessor, rows: Rows) -> Features:
        """Return the features of lines, and the molecule as a whole."""
        from qkdrp.systems.pairs.explain.features import pair_features

        assert isinstance(rows, PairRows)
        return pair_features(preprocessor, rows)

    def wholes(
        self,
        preprocessor: Preprocessor,
        dataset: PairData,
        names: Sequence[str] | None,
        n_rows: int,
    ) -> Sequence[Whole]:
        """Return drugs with their atoms, each for the same lines."""
        from qkdrp.systems.pairs.explain.molecules import molecules_to_explain

        return molecules_to_explain(preprocessor, dataset, names, n_rows)

    def doubts(
        self,
        trained: Trained[PairsConfig, Preprocessor],
        train: PairData,  # noqa: ARG002  # the history tells
    ) -> Sequence[str]:
        """Return what is the same for every pair, and a selection by test."""
        shown = [] if trained.fit is None else selection_note(selected_on_test(trained.fit))
        return [*collapse_doubts(trained.fit), *shown]

    def card(self, config: PairsConfig, metrics: Mapping[str, Any]) -> CardText:
        """Return what the model card says of the model."""
        core = "a parameterised quantum circuit" if config.model.quantum else "no quantum circuit"
        return CardText(
            summary=(
                f"Predicts the response of cell lines to drugs from {metrics['n_features']} "
                "features of the line and the molecular graph of the drug, after Sagingalieva et "
                "al. 2023 ([arXiv 2211.05777](https://arxiv.org/abs/2211.05777)). The model "
                f"`{config.model.model}` has {core} after its two branches."
            )
        )

    def draw(
        self,
        folder: Path,
        trained: Trained[PairsConfig, Preprocessor],
        dataset: PairData,
        history: pd.DataFrame,
        predictions: pd.DataFrame,
    ) -> None:
        """Draw the learning curve, the spread of angles, and predicted against measured."""
        from qkdrp.systems.pairs.figures import draw_figures  # matplotlib is slow to import
        from qkdrp.systems.pairs.length_scale import length_scale_of

        model = trained.config.model
        title = f"{trained.config.data.split}, {model.model}"
        title += " (SYNTHETIC DATA)" if dataset.synthetic else ""
        best = None if trained.fit is None else trained.fit.best_epoch
        scale = length_scale_of(model, trained.model) if model.quantum else None
        draw_figures(folder, title, history, predictions, best, scale)

    def tables(
        self,
        trained: Trained[PairsConfig, Preprocessor],
        dataset: PairData,
        predictions: pd.DataFrame,
    ) -> Mapping[str, pd.DataFrame]:
        """Return the scores of each drug."""
        names = dict(zip(dataset.drugs.ids.tolist(), dataset.drugs.names.tolist(), strict=True))
        return {PER_DRUG: per_drug(trained.preprocessor, names, predictions)}

    def report(self, run: RunContent[PairsConfig, PairData, Preprocessor]) -> RunReport:
        """Return the course of training, the circuit and its angles, and the drugs."""
        from qkdrp.systems.pairs.report import report_of  # matplotlib is slow to import

        return report_of(run)
