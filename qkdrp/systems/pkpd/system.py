"""The system ``pkpd``: doses and covariates of a subject against its time courses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from qkdrp.backends import Backend
from qkdrp.backends.registry import check_backend
from qkdrp.common.errors import ConfigError, DataError
from qkdrp.common.seeds import derive_seed
from qkdrp.systems.pkpd import kept_rows
from qkdrp.systems.pkpd.baselines import BASELINES
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.load import load_trial, table_path
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.systems.pkpd.facts import facts_of, score_title
from qkdrp.systems.pkpd.find_model import find_model
from qkdrp.systems.pkpd.kind import ModelKind
from qkdrp.systems.pkpd.models import MODELS
from qkdrp.systems.pkpd.new_samples.support import PkpdNewSamples
from qkdrp.systems.pkpd.overview import overview_of
from qkdrp.systems.pkpd.population.inputs import SubjectInputs
from qkdrp.systems.pkpd.population.mechanistic import MechanisticModel
from qkdrp.systems.pkpd.population.network import PopulationNetwork
from qkdrp.systems.pkpd.population.parameter_table import fit_doubts
from qkdrp.systems.pkpd.predictions import SCORE_ROWS, predictions_of
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.scores import score
from qkdrp.systems.pkpd.split import make_split
from qkdrp.training.card import CardText
from qkdrp.training.description import Description, OnProgress
from qkdrp.training.features import Features
from qkdrp.training.rows import Rows
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.split import Split
from qkdrp.training.stored_state import State
from qkdrp.training.system import Facts, FitBaseline, LayerCircuit, System, Values
from qkdrp.training.task import FitTask
from qkdrp.training.trained import Trained


class PkpdSystem(System[PkpdConfig, Trial, Preprocessor]):
    """Predicts concentration and biomarker of a subject over time; a row is a subject."""

    name = "pkpd"
    config_type = PkpdConfig
    row_key = ("subject", "endpoint", "time")
    history_columns = ("a", "r")
    score_rows: ClassVar[tuple[ScoreRow, ...]] = SCORE_ROWS
    score_caption = (
        "in brackets: 95% intervals over subjects; all observations of active subjects pooled"
    )
    baselines: ClassVar[Mapping[str, FitBaseline]] = BASELINES
    reference_baseline = "dose_time_mean"
    new_samples = PkpdNewSamples()

    def load(self, data: DataConfig) -> Trial:
        """Load the trial of a source.

        Raises:
            DataError: If it cannot be read.
        """
        return load_trial(data.source)

    def overview(self, data: DataConfig, on_progress: OnProgress) -> Description:  # noqa: ARG002  # one table
        """Return counts of a trial, its dose levels and its covariates."""
        return overview_of(load_trial(data.source))

    def split(self, dataset: Trial, config: PkpdConfig) -> Split:
        """Leave one subject of each active dose out."""
        return make_split(dataset, config.data, derive_seed(config.seed, "split"))

    def strata(self, dataset: Trial, least: int) -> NDArray[np.int64]:
        """Return the dose level of each subject, by number; levels of too few are one."""
        codes, counts = np.unique(dataset.dose_levels(), return_inverse=True, return_counts=True)[
            1:
        ]
        found: NDArray[np.int64] = np.where(counts[codes] < least, -1, codes)
        return found

    def fit_preprocessor(self, train: Trial, config: PkpdConfig) -> Preprocessor:
        """Fit scales of features and values.

        Raises:
            DataError: If values are below the limit of quantification and the model takes none.
        """
        kind = find_model(config.model.model)
        _refuse_below(train, kind, config.model.model)
        return Preprocessor.fit(train, config, kind.target)

    def preprocessor_from(self, state: State) -> Preprocessor:
        """Make a preprocessor again from its state."""
        return Preprocessor.from_state(state)

    def rows(self, preprocessor: Preprocessor, dataset: Trial) -> Rows:
        """Return subjects as tensors, as their model takes them."""
        return find_model(preprocessor.model).rows(preprocessor, dataset)

    def keep(self, preprocessor: Preprocessor, dataset: Trial) -> State:  # noqa: ARG002  # all is read
        """Return subjects with doses and observations."""
        return kept_rows.state_of(dataset)

    def kept(self, state: State) -> Trial:
        """Make subjects again."""
        return kept_rows.trial_of(state)

    def check(self, config: PkpdConfig) -> None:
        """Refuse an unknown backend, a missing file, and settings that the model cannot take."""
        check_backend(config.backend, config.backend_options)
        if not config.data.is_named(config.data.source):
            table_path(config.data.source)
        find_model(config.model.model).check(config)

    def build(
        self, config: PkpdConfig, preprocessor: Preprocessor, backend: Backend, seed: int
    ) -> nn.Module:
        """Build a model with fresh weights."""
        return find_model(config.model.model).build(config, preprocessor, backend, seed)

    def circuits(self, config: PkpdConfig) -> Mapping[str, LayerCircuit]:
        """Return the circuit of each quantum layer; none for classical models."""
        return find_model(config.model.model).circuits(config)

    def fit_task(self, config: PkpdConfig) -> FitTask:
        """Return the loss of the model."""
        return find_model(config.model.model).task(config)

    def predictions(
        self, preprocessor: Preprocessor, dataset: Trial, part: str, values: Values
    ) -> pd.DataFrame:
        """Return one row per observation."""
        return predictions_of(preprocessor, dataset, part, values)

    def score(self, predictions: pd.DataFrame) -> dict[str, Any]:
        """Return errors of concentrations and of the biomarker."""
        return score(predictions)

    def facts(
        self, config: PkpdConfig, dataset: Trial, split: Split, preprocessor: Preprocessor
    ) -> Facts:
        """Return model, split, counts and first lines."""
        return facts_of(config, dataset, split, preprocessor)

    def score_title(self, metrics: Mapping[str, Any]) -> str:
        """Return split and counts of the test subjects."""
        return score_title(metrics)

    def features(self, preprocessor: Preprocessor, rows: Rows) -> Features:  # noqa: ARG002
        """Refuse to explain: a row is a subject with many times.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(
            "models of the system pkpd cannot be explained: their rows are subjects with doses "
            "and times."
        )

    def card(self, config: PkpdConfig, metrics: Mapping[str, Any]) -> CardText:
        """Return what the model card says of the model."""
        return CardText(
            summary=(
                "Predicts the concentration of a drug and a biomarker of a subject over time from "
                f"doses and covariates. The model `{config.model.model}` is: "
                f"{MODELS[config.model.model].title}. Trained on: {metrics['data']}."
            ),
            uses=("Research on time courses of drugs, within the doses and times of the trial.",),
            limits=(
                "For research, not for treatment.",
                *find_model(config.model.model).limits,
            ),
            target="the trial",
            rows="subjects",
        )

    def draw(
        self,
        folder: Path,
        trained: Trained[PkpdConfig, Preprocessor],
        dataset: Trial,
        history: pd.DataFrame,
        predictions: pd.DataFrame,
    ) -> None:
        """Draw the learning curve, observed against predicted, and courses of test subjects."""
        from qkdrp.systems.pkpd.figures import draw_figures  # matplotlib is slow to import

        title = facts_of(trained.config, dataset, trained.split, trained.preprocessor).names
        best = None if trained.fit is None else trained.fit.best_epoch
        words = ", ".join(title.values()) + (" (SYNTHETIC DATA)" if dataset.synthetic else "")
        draw_figures(folder, words, dataset, history, predictions, best)
        if isinstance(trained.model, PopulationNetwork):
            from qkdrp.systems.pkpd.population.figures import draw_population

            rows = self.rows(trained.preprocessor, dataset)
            inputs = SubjectInputs.of(rows.inputs)
            draw_population(folder, words, trained.model, dataset, inputs)

    def doubts(
        self,
        trained: Trained[PkpdConfig, Preprocessor],
        train: Trial,  # noqa: ARG002  # the fit tells
    ) -> Sequence[str]:
        """Return what makes a population fit doubtful."""
        model = trained.model
        fitted = model.fit if isinstance(model, MechanisticModel) else None
        return () if fitted is None else fit_doubts(fitted)


def _refuse_below(trial: Trial, kind: ModelKind, model: str) -> None:
    """Refuse values below the limit of quantification for models that cannot take them."""
    if kind.censored or not trial.has_below:
        return
    able = [name for name in MODELS if find_model(name).censored]
    advice = f"--model {' or '.join(able)} takes them" if able else "leave these rows out"
    raise DataError(
        f"{trial.provenance}: holds values below the limit of quantification (BLQ, CENS or LLOQ), "
        f"and model {model!r} takes none; {advice}."
    )
