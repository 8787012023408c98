"""What every model has to beat: means, additive ridge, and regressions on features of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin, clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qkdrp.systems.pairs.additive_ridge import AdditiveRidge
from qkdrp.systems.pairs.data.graph import fingerprints
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.preprocess import Preprocessor

Reals = NDArray[np.float64]

PENALTIES = np.logspace(0, 5, 11)
"""Penalties of the ridge on features; the best by leave-one-out is taken."""

MOST_PAIRS = 20_000
"""Training pairs of the regressions on features: more would need gigabytes."""

N_TREES = 100
"""Trees of the forest."""


@dataclass(frozen=True, eq=False)
class OfPreprocessor:
    """A baseline whose numbers the preprocessor holds already.

    Args:
        predict: Takes pairs.
    """

    predict: Callable[[PairData], Reals]


@dataclass(frozen=True, eq=False)
class OnFeatures:
    """A regressor on features of line and molecule, after its fit.

    Args:
        regressor: Fitted, of scikit-learn.
        columns: Makes its inputs.
    """

    regressor: RegressorMixin
    columns: Callable[[PairData], Reals]

    def predict(self, pairs: PairData) -> Reals:
        """Return predicted targets, shape (n_pairs,)."""
        return np.asarray(self.regressor.predict(self.columns(pairs)), dtype=np.float64)


def fit_mean(preprocessor: Preprocessor, _train: PairData, _dtype: Any) -> OfPreprocessor:  # noqa: ANN401  # any precision
    """Predict the mean training target."""
    return OfPreprocessor(lambda pairs: np.full(len(pairs), preprocessor.effects.overall))


def fit_drug_mean(preprocessor: Preprocessor, _train: PairData, _dtype: Any) -> OfPreprocessor:  # noqa: ANN401
    """Predict the mean of the drug, or of all pairs where the drug is new."""
    effects = preprocessor.effects
    return OfPreprocessor(lambda pairs: effects.overall + effects.drug_effect(pairs))


def fit_line_mean(preprocessor: Preprocessor, _train: PairData, _dtype: Any) -> OfPreprocessor:  # noqa: ANN401
    """Predict the mean of the cell line, or of all pairs where the line is new."""
    effects = preprocessor.effects
    return OfPreprocessor(lambda pairs: effects.overall + effects.line_effect(pairs))


def fit_tissue_mean(preprocessor: Preprocessor, _train: PairData, _dtype: Any) -> OfPreprocessor:  # noqa: ANN401
    """Predict the mean of the tissue, or of all pairs where the tissue is new or not known."""
    effects = preprocessor.effects
    return OfPreprocessor(lambda pairs: effects.overall + effects.tissue_effect(pairs))


def fit_mean_effects(preprocessor: Preprocessor, _train: PairData, _dtype: Any) -> OfPreprocessor:  # noqa: ANN401
    """Predict the mean with the effects of drug and line; of new lines, that of the tissue."""
    return OfPreprocessor(preprocessor.effects.predict)


def fit_additive_ridge(preprocessor: Preprocessor, train: PairData, _dtype: Any) -> AdditiveRidge:  # noqa: ANN401
    """Fit shrunken effects of drug and line together."""
    return AdditiveRidge.fit(train, preprocessor.label(train))


def fit_feature_ridge(preprocessor: Preprocessor, train: PairData, _dtype: Any) -> OnFeatures:  # noqa: ANN401
    """Fit ridge on line features and on sums and means of atom features."""

    def columns(pairs: PairData) -> Reals:
        sums = pairs.drugs.molecules.sums()
        of_drugs = np.hstack([sums, sums / pairs.drugs.molecules.n_atoms[:, np.newaxis]])
        of_lines = preprocessor.features(pairs.lines).astype(np.float64)
        return np.hstack([of_lines[pairs.line], of_drugs[pairs.drug]])

    regressor = make_pipeline(StandardScaler(), RidgeCV(alphas=PENALTIES))
    return _fitted(regressor, columns, preprocessor, train)


def fit_forest(preprocessor: Preprocessor, train: PairData, _dtype: Any) -> OnFeatures:  # noqa: ANN401
    """Fit a random forest on line features and Morgan fingerprints."""

    def columns(pairs: PairData) -> Reals:
        bits = fingerprints(pairs.drugs.smiles, pairs.drugs.ids).astype(np.float64)
        of_lines = preprocessor.features(pairs.lines).astype(np.float64)
        return np.hstack([of_lines[pairs.line], bits[pairs.drug]])

    forest = RandomForestRegressor(N_TREES, max_features=0.1, min_samples_leaf=2, random_state=0)
    return _fitted(forest, columns, preprocessor, train)


def _fitted(
    regressor: RegressorMixin,
    columns: Callable[[PairData], Reals],
    preprocessor: Preprocessor,
    train: PairData,
) -> OnFeatures:
    if len(train) > MOST_PAIRS:
        places = np.random.default_rng(0).choice(len(train), MOST_PAIRS, replace=False)
        train = train.at(np.sort(places))
    return OnFeatures(clone(regressor).fit(columns(train), preprocessor.label(train)), columns)


BASELINES: Mapping[str, Any] = MappingProxyType(
    {
        "mean": fit_mean,
        "drug_mean": fit_drug_mean,
        "line_mean": fit_line_mean,
        "tissue_mean": fit_tissue_mean,
        "mean_effects": fit_mean_effects,
        "additive_ridge": fit_additive_ridge,
        "feature_ridge": fit_feature_ridge,
        "forest": fit_forest,
    }
)
"""What fits each baseline on training pairs, by name."""
