"""Models of the system ``response`` as ``DRPModel`` of drevalpy, one for each recipe.

drevalpy asks for one object that is built from hyperparameters, loads its features, trains and
predicts (``drevalpy.models.drp_model``, 1.6.0). It needs an environment of its own, for it pins a
typer that the command line of qkdrp cannot use: docs/drevalpy.md.
"""

import json
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from drevalpy.datasets.dataset import DrugResponseDataset, FeatureDataset
from drevalpy.models import MODEL_FACTORY, SINGLE_DRUG_MODEL_FACTORY
from drevalpy.models.drp_model import DRPModel
from drevalpy.models.utils import load_and_select_gene_features
from numpy.typing import NDArray

from qkdrp.backends import get_backend
from qkdrp.common.files import write_json
from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.dreval.settings import DrevalSettings
from qkdrp.runs.model_file import StoredModel
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.fit_task import ResponseTask, response_rows
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.systems.response.recipes import build_model
from qkdrp.training.loop import fit_model, predict
from qkdrp.training.monitor import LOSS
from qkdrp.training.rows import Rows, as_tensor

GENES = "gene_expression"
"""drevalpy's name of the view that is read."""

WEIGHTS, SETTINGS = "model.safetensors", "settings.json"
"""Files of a saved model."""

FEWEST_ROWS = 2
"""Rows to train on, or to decide when to stop; drevalpy trains on fewer, too."""


class QkdrpModel(DRPModel):
    """A model of one drug from gene expression; subclasses name the recipe.

    Values that are measured are normalised by ``tanh((y - mean) / sd)``, with constants of the
    training rows, and taken back. The model is not asked beyond the values that it was trained
    on: a prediction outside them becomes the nearest of them, since the way back through the tanh
    has no end there. Without two training rows all predictions are NaN, as in other models of
    drevalpy.
    """

    recipe: ClassVar[str]
    """A key of :data:`~qkdrp.systems.response.recipes.MODELS`."""

    is_single_drug_model = True
    early_stopping = True
    cell_line_views = [GENES]  # noqa: RUF012  # as drevalpy has it
    drug_views: list[str] = []  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.settings = DrevalSettings.make(model=self.recipe)
        self.network: Any = None
        self.preprocessor: Preprocessor | None = None
        self.label_range = (-1.0, 1.0)

    @classmethod
    def get_model_name(cls) -> str:
        """Return the name in drevalpy's tables, such as ``QkdrpModerated``."""
        return f"Qkdrp{cls.recipe.capitalize()}"

    @classmethod
    def get_hyperparameter_set(cls) -> list[dict[str, Any]]:
        """Return what is tried, the settings of the paper first."""
        return DrevalSettings.grid(cls.recipe)

    def build_model(self, hyperparameters: dict[str, Any]) -> None:
        """Take hyperparameters: fields of :class:`~.settings.DrevalSettings`."""
        self.log_hyperparameters(hyperparameters)
        self.hyperparameters = hyperparameters
        self.settings = DrevalSettings.make(model=self.recipe, **hyperparameters)
        self.network = self.preprocessor = None

    def train(
        self,
        output: DrugResponseDataset,
        cell_line_input: FeatureDataset,
        drug_input: FeatureDataset | None = None,  # noqa: ARG002
        output_earlystopping: DrugResponseDataset | None = None,
        model_checkpoint_dir: str = "checkpoints",  # noqa: ARG002
    ) -> None:
        """Fit preprocessing and model on the training rows of one drug."""
        self.network = self.preprocessor = None
        if len(output) < FEWEST_ROWS:
            return
        cohort = cohort_of(output.cell_line_ids, output.response, cell_line_input)
        fitted = Preprocessor.fit(cohort, zscore=True, variance_threshold=self.settings.variance)
        label = fitted.label(cohort)
        self.preprocessor, self.label_range = fitted, (float(label.min()), float(label.max()))
        watched = None
        if output_earlystopping is not None and len(output_earlystopping) >= FEWEST_ROWS:
            seen = output_earlystopping
            watched = self._rows(cohort_of(seen.cell_line_ids, seen.response, cell_line_input))
        self.network = self._fresh_network()
        fit_model(
            self.network,
            self._rows(cohort),
            watched,
            self.settings.fit,
            derive_seed(self.settings.seed, "shuffle"),
            task=ResponseTask(LOSS),  # the benchmark has no responders
        )

    def predict(
        self,
        cell_line_ids: NDArray[Any],
        drug_ids: NDArray[Any],  # noqa: ARG002
        cell_line_input: FeatureDataset,
        drug_input: FeatureDataset | None = None,  # noqa: ARG002
    ) -> NDArray[np.float64]:
        """Return predicted responses in the units of the training, shape (n_rows,)."""
        if self.preprocessor is None or not len(cell_line_ids):
            return np.full(len(cell_line_ids), np.nan)
        cohort = cohort_of(cell_line_ids, np.zeros(len(cell_line_ids)), cell_line_input)
        label = predict(self.network, as_tensor(self.preprocessor.genes(cohort))).numpy()
        inside = np.clip(label.astype(np.float64), *self.label_range)
        return self.preprocessor.labels.inverse_transform(inside[:, np.newaxis])[:, 0]

    def load_cell_line_features(self, data_path: str, dataset_name: str) -> FeatureDataset:
        """Load the expression of the genes of a list of drevalpy, or of all genes."""
        return load_and_select_gene_features(
            GENES, self.settings.gene_list, data_path, dataset_name
        )

    def load_drug_features(self, data_path: str, dataset_name: str) -> None:
        """Load nothing: each drug has a model of its own."""

    def save(self, directory: str) -> None:
        """Write weights, preprocessing and settings, without pickles."""
        if self.preprocessor is None:
            raise ValueError("Found no trained model, expected one: train it before it is saved.")
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredModel(self.network.state_dict(), self.preprocessor.state())
        stored.save(folder / WEIGHTS)
        content = {"hyperparameters": self.hyperparameters, "label_range": self.label_range}
        write_json(folder / SETTINGS, content)

    @classmethod
    def load(cls, directory: str) -> Self:
        """Return a model that :meth:`save` wrote."""
        content = json.loads((Path(directory) / SETTINGS).read_text())
        stored = StoredModel.load(Path(directory) / WEIGHTS)
        model = cls()
        model.build_model(content["hyperparameters"])
        model.label_range = tuple(content["label_range"])
        model.preprocessor = Preprocessor.from_state(stored.preprocessor)
        model.network = model._fresh_network()
        model.network.load_state_dict(stored.weights)
        return model

    def _fresh_network(self) -> Any:  # noqa: ANN401  # a torch module
        assert self.preprocessor is not None
        settings = self.settings
        return build_model(
            settings.network,
            len(self.preprocessor.transform.genes),
            get_backend(settings.backend),
            derive_seed(settings.seed, "weights"),
        )

    def _rows(self, cohort: Cohort) -> Rows:
        assert self.preprocessor is not None
        genes, label = self.preprocessor.genes(cohort), self.preprocessor.label(cohort)
        return response_rows(as_tensor(genes), as_tensor(label))


def cohort_of(cell_lines: NDArray[Any], response: NDArray[Any], features: FeatureDataset) -> Cohort:
    """Return rows of drevalpy as a cohort; a cell line may be there several times.

    Args:
        cell_lines: Ids, shape (n_rows,).
        response: What was measured, in any unit, shape (n_rows,).
        features: Holds expression and names of genes.
    """
    return Cohort(
        drug="",
        samples=np.arange(len(cell_lines)).astype(np.str_),
        genes=np.array(features.meta_info[GENES], dtype=np.str_),
        expression=features.get_feature_matrix(GENES, cell_lines).astype(np.float32),
        ln_ic50=np.asarray(response, dtype=np.float64),
        responder=np.zeros(len(cell_lines), dtype=bool),
        standardised=False,
        synthetic=False,
        provenance="drevalpy",
    )


class QkdrpModerated(QkdrpModel):
    """Moderated tanh before the circuit (Ito et al. 2025)."""

    recipe = "moderated"


class QkdrpTanh(QkdrpModel):
    """Plain tanh before the circuit."""

    recipe = "tanh"


class QkdrpClassic(QkdrpModel):
    """No normalisation, no circuit."""

    recipe = "classic"


class QkdrpFrozen(QkdrpModel):
    """A control: the weights of the circuit stay random."""

    recipe = "frozen"


class QkdrpDense(QkdrpModel):
    """A control: a classical layer with as many parameters stands in place of the circuit."""

    recipe = "dense"


class QkdrpSquashed(QkdrpModel):
    """A control: the moderated tanh without a circuit."""

    recipe = "squashed"


MODELS: dict[str, type[QkdrpModel]] = {
    model.get_model_name(): model
    for model in (
        QkdrpModerated,
        QkdrpTanh,
        QkdrpClassic,
        QkdrpFrozen,
        QkdrpDense,
        QkdrpSquashed,
    )
}
"""Our models by the name that drevalpy knows them by."""


def register() -> None:
    """Put our models into drevalpy's tables of models, where its experiments look them up."""
    SINGLE_DRUG_MODEL_FACTORY.update(MODELS)
    MODEL_FACTORY.update(MODELS)
