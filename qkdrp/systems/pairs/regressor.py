"""The networks on pairs as a scikit-learn regressor."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted

from qkdrp.backends import Backend
from qkdrp.common.errors import DataError
from qkdrp.common.settings import Settings
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.build import build_model
from qkdrp.systems.pairs.config import DataConfig, ModelConfig, PairsConfig, TrainingConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.extra import need_graph_extra
from qkdrp.systems.pairs.fit_task import PairsTask
from qkdrp.systems.pairs.model import PairModel
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.reading_config import ReadingConfig
from qkdrp.systems.pairs.rows import PairRows, rows_of
from qkdrp.systems.pairs.tables_in_memory import PAIR_COLUMNS, PairTables, pair_columns
from qkdrp.systems.pairs.target import RANGES, first_outside
from qkdrp.training.estimator import OWN_PARAMETERS, ModelRegressor
from qkdrp.training.estimator_parameters import EstimatorParameter, Parameters
from qkdrp.training.loop import predict
from qkdrp.training.rows import Rows
from qkdrp.training.stored_state import State


class PairRegressor(ModelRegressor):
    """Predicts the response of pairs of cell line and drug, after Sagingalieva et al. 2023.

    X is a data frame with the columns ``sample`` and ``drug``; y is the measured response, the
    natural logarithm of the IC50 in micromolar by default, and so are predictions. What X names
    is looked up in two tables, which are given once. All that is fitted is fitted on the rows of
    X: a line or drug that a fold leaves out is new to the model. Needs the extra ``graph``.

    Example:
        >>> from qkdrp import PairRegressor, load_pair_tables
        >>> pairs, features, drugs = load_pair_tables("synthetic")
        >>> X, y = pairs[["sample", "drug"]][:80], pairs["ln_ic50"][:80]
        >>> regressor = PairRegressor(features=features, drugs=drugs, model="linear", epochs=1)
        >>> regressor.fit(X, y).predict(X[:3]).shape
        (3,)

    Attributes:
        model_: The trained :class:`~qkdrp.systems.pairs.model.PairModel`.
        preprocessor_: What was fitted before it: features, mean effects, the target.
        fit_: The course of the training, a :class:`~qkdrp.training.epoch.Fit`; its losses are of
            the target t.
        n_features_in_: 2, line and drug.
        feature_names_in_: ``sample`` and ``drug``.
    """

    settings: ClassVar[Sequence[type[Settings]]] = (ReadingConfig, ModelConfig, TrainingConfig)
    more: ClassVar[Parameters] = MappingProxyType(
        {
            "features": EstimatorParameter(
                None,
                "Data frame of cell lines: ``sample`` as a column or as the index, then a column "
                "for each feature, blank where missing. Their order is part of the model.",
            ),
            "drugs": EstimatorParameter(
                None, "Data frame of drugs: ``drug`` as a column or as the index, and ``smiles``."
            ),
            "backend": EstimatorParameter(
                PairsConfig().backend, OWN_PARAMETERS["backend"].description
            ),
        }
    )
    model_: PairModel
    preprocessor_: Preprocessor

    def build(self, n_features: int, backend: Backend, seed: int) -> PairModel:  # noqa: ARG002
        """Build a model with fresh weights."""
        n_columns = len(self.preprocessor_.features.names)
        return build_model(self.setting(ModelConfig), n_columns, backend, seed)

    def task(self, watched: Rows | None, seed: int) -> PairsTask:  # noqa: ARG002
        """Return the squared error of the target, with a seed where dropout needs one."""
        return PairsTask(seed if self.setting(ModelConfig).dropout > 0 else None)

    def checked_fit(self, X: Any, y: Any) -> tuple[pd.DataFrame, NDArray[np.float64]]:  # noqa: ANN401
        """Return ids and measured values, and note the columns.

        Raises:
            ConfigError: If the extra ``graph`` is not installed.
            DataError: If a column is missing, or a value cannot be meant.
        """
        need_graph_extra()
        found = self.checked(X, y)
        self.feature_names_in_ = np.array(PAIR_COLUMNS, dtype=object)
        self.n_features_in_ = len(PAIR_COLUMNS)
        return found

    def checked(self, X: Any, y: Any) -> tuple[pd.DataFrame, NDArray[np.float64]]:  # noqa: ANN401
        """Return ids and measured values."""
        pairs, measure = pair_columns(X), self.setting(ReadingConfig).measure
        value = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y").ravel()
        check_consistent_length(pairs, value)
        place = first_outside(value, measure)
        if place is not None:
            line, drug = pairs.iloc[place]
            raise DataError(
                f"y of cell line {shown(line)} and drug {shown(drug)} is {value[place]:g}, "
                f"expected {RANGES[measure].expected}."
            )
        return pairs, value

    def prepare(self, X: Any, y: NDArray[np.float64], seed: int) -> None:  # noqa: ANN401
        """Fit features and mean effects on the pairs that are fitted."""
        reading = self.setting(ReadingConfig)
        data = DataConfig.make(**reading.model_dump())
        self.preprocessor_ = Preprocessor.fit(self._pairs(X, y), data, seed)

    def rows(self, X: Any, y: NDArray[np.float64]) -> PairRows:  # noqa: ANN401
        """Return pairs as tensors."""
        return rows_of(self.preprocessor_, self._pairs(X, y))

    def predict(
        self,
        X: Any,  # noqa: ANN401  # a data frame
        *,
        features: pd.DataFrame | None = None,
        drugs: pd.DataFrame | None = None,
    ) -> NDArray[np.float64]:
        """Return predicted responses in the unit of y, shape (n_pairs,).

        Args:
            X: Data frame with the columns ``sample`` and ``drug``.
            features: New cell lines, with the features of the training; looked up before those
                of the constructor.
            drugs: New molecules, likewise.

        Raises:
            DataError: If a line or drug is in no table, or a table is invalid; names the culprit.
        """
        check_is_fitted(self, "model_")
        new = PairTables(features, drugs, self.setting(ReadingConfig).largest_fragment)
        names = self.preprocessor_.features.names
        pairs = self._tables().with_new(new).new_pairs(pair_columns(X), names)
        inputs, _ = rows_of(self.preprocessor_, pairs).batch(slice(None))
        target = predict(self.model_, *inputs).numpy().astype(np.float64)
        return self.preprocessor_.target.measured(target)

    def state(self) -> State:
        """Return what was fitted before the model, and both tables, as plain numbers."""
        fitted, tables = self.preprocessor_.state(), self._tables().state()
        return State({**fitted.arrays, **tables.arrays}, {**fitted.details, **tables.details})

    def restore(self, state: State) -> None:
        """Take what :meth:`state` returned."""
        self.preprocessor_ = Preprocessor.from_state(state)
        tables = PairTables.from_state(state, largest_fragment=False)
        self.features, self.drugs = tables.features, tables.drugs

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # scikit-learn carries no types
        """Return scikit-learn's tags: X holds ids."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, True
        return tags

    def _tables(self) -> PairTables:
        largest_fragment = self.setting(ReadingConfig).largest_fragment
        return PairTables(self.features, self.drugs, largest_fragment)

    def _pairs(self, X: pd.DataFrame, y: NDArray[np.float64]) -> PairData:
        measure = self.setting(ReadingConfig).measure
        return self._tables().measured_pairs(X, y, measure)
