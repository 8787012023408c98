"""What every model has to beat: the mean predictor and ridge regression."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import RidgeCV

from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.preprocess import Expression, Preprocessor

RIDGE_ALPHAS = np.logspace(-1, 6, 29)
"""Penalties; the best by leave-one-out on the training rows is taken."""

BASELINES: Mapping[str, RegressorMixin] = MappingProxyType(
    {"mean": DummyRegressor(strategy="mean"), "ridge": RidgeCV(alphas=RIDGE_ALPHAS)}
)
"""Unfitted baselines by name; clone before use. Both are fitted on the training rows alone."""


@dataclass(frozen=True, eq=False)
class FittedBaseline:
    """A baseline after its fit.

    Args:
        regressor: Fitted, of scikit-learn.
        preprocessor: Of the training rows.
        dtype: Precision of the genes.
    """

    regressor: RegressorMixin
    preprocessor: Preprocessor
    dtype: type[np.floating[Any]]

    def predict(self, cohort: Expression) -> NDArray[np.float64]:
        """Return predicted labels, shape (n_samples,)."""
        genes = self.preprocessor.genes(cohort).astype(self.dtype)
        return np.asarray(self.regressor.predict(genes))


def fit_baseline(
    name: str, preprocessor: Preprocessor, train: Cohort, dtype: type[np.floating[Any]]
) -> FittedBaseline:
    """Fit a baseline on training rows.

    Args:
        name: A key of :data:`BASELINES`.
        preprocessor: Fitted on the same rows.
        train: Training rows.
        dtype: Precision of the genes.
    """
    genes = preprocessor.genes(train).astype(dtype)
    regressor = clone(BASELINES[name]).fit(genes, preprocessor.label(train))
    return FittedBaseline(regressor, preprocessor, dtype)
