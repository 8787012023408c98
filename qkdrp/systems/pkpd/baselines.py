"""What every model has to beat: the mean of dose and time, and regressors on the features."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qkdrp.systems.pkpd.data.padded import padded
from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Subject, Trial
from qkdrp.systems.pkpd.preprocess import Preprocessor

Reals = NDArray[np.float64]

PENALTIES = np.logspace(-3, 4, 15)
"""Penalties of ridge; the best by leave-one-out is taken."""

N_TREES = 300
"""Trees of the ensembles."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """A predictor of single observations, as a predictor of subjects.

    Args:
        preprocessor: Says in which space predictions are expected.
        predict_times: Takes a subject and an endpoint; returns the value of each observation, in
            the units of the trial.
        least: The smallest value that is predicted, by endpoint: logarithms may be taken.
    """

    preprocessor: Preprocessor
    predict_times: Callable[[Subject, str], Reals]
    least: Mapping[str, float]

    def predict(self, trial: Trial) -> Reals:
        """Return predictions of all slots, shape (n_subjects, n_slots)."""
        n_slots = padded(trial).n_slots
        found = np.ones((len(trial), sum(n_slots)))
        for row, subject in zip(found, trial.subjects, strict=True):
            for endpoint, start in zip(ENDPOINTS, (0, n_slots[0]), strict=True):
                values = self.predict_times(subject, endpoint)
                row[start : start + len(values)] = np.maximum(values, self.least[endpoint])
        return self.preprocessor.learned(found, n_slots)


def fit_dose_time(preprocessor: Preprocessor, train: Trial, _dtype: Any) -> Baseline:  # noqa: ANN401  # any precision
    """Predict the mean of training subjects of the same dose at the same time.

    Between times of training observations means are interpolated; for a dose level that no training
    subject has, those of the nearest level are taken.
    """
    curves = {name: _means(train, name) for name in ENDPOINTS}

    def predict(subject: Subject, endpoint: str) -> Reals:
        times, levels = subject.observations[endpoint].times, curves[endpoint]
        if not len(times):
            return np.empty(0)
        nearest = min(levels, key=lambda level: abs(level - subject.dose_level))
        return np.interp(times, *levels[nearest])

    return Baseline(preprocessor, predict, _least(train))


def fit_ridge(preprocessor: Preprocessor, train: Trial, _dtype: Any) -> Baseline:  # noqa: ANN401
    """Fit ridge regression of logarithms on the features of each endpoint."""
    make = lambda: make_pipeline(StandardScaler(), RidgeCV(alphas=PENALTIES))  # noqa: E731
    return _on_features(preprocessor, train, make, np.log, np.exp)


def fit_extra_trees(preprocessor: Preprocessor, train: Trial, _dtype: Any) -> Baseline:  # noqa: ANN401
    """Fit extremely randomised trees on the features of each endpoint."""
    make = lambda: ExtraTreesRegressor(N_TREES, min_samples_leaf=2, random_state=0)  # noqa: E731
    return _on_features(preprocessor, train, make, _same, _same)


def fit_boosting(preprocessor: Preprocessor, train: Trial, _dtype: Any) -> Baseline:  # noqa: ANN401
    """Fit gradient boosted trees on the features of each endpoint."""
    make = lambda: GradientBoostingRegressor(n_estimators=N_TREES, random_state=0)  # noqa: E731
    return _on_features(preprocessor, train, make, _same, _same)


BASELINES: Mapping[str, Any] = MappingProxyType(
    {
        "dose_time_mean": fit_dose_time,
        "ridge": fit_ridge,
        "extra_trees": fit_extra_trees,
        "boosting": fit_boosting,
    }
)
"""What fits each baseline on training subjects, by name."""


def _same(values: Reals) -> Reals:
    return values


def _on_features(
    preprocessor: Preprocessor,
    train: Trial,
    make: Callable[[], RegressorMixin],
    learned: Callable[[Reals], Reals],
    undone: Callable[[Reals], Reals],
) -> Baseline:
    """Fit a regressor for each endpoint.

    Args:
        preprocessor: Says which features there are.
        train: Training subjects.
        make: Makes a regressor.
        learned: Makes of values what it learns.
        undone: The inverse.
    """
    regressors = {}
    for endpoint in ENDPOINTS:
        rows = preprocessor.feature_rows(train, endpoint)
        values = np.concatenate([each.observations[endpoint].values for each in train.subjects])
        there = ~np.isnan(values)
        regressors[endpoint] = make().fit(rows[there], learned(values[there]))

    def predict(subject: Subject, endpoint: str) -> Reals:
        rows = preprocessor.features_of(subject, endpoint)
        if not len(rows):
            return np.empty(0)
        return undone(np.asarray(regressors[endpoint].predict(rows), dtype=np.float64))

    return Baseline(preprocessor, predict, _least(train))


def _means(train: Trial, endpoint: str) -> dict[float, tuple[Reals, Reals]]:
    """Return times and mean values of each dose level."""
    found = {}
    levels = train.dose_levels()
    for level in np.unique(levels):
        observed = [
            each.observations[endpoint]
            for each, own in zip(train.subjects, levels, strict=True)
            if own == level
        ]
        times = np.concatenate([each.times for each in observed])
        values = np.concatenate([each.values for each in observed])
        there = ~np.isnan(values)
        if there.any():
            at, place = np.unique(times[there], return_inverse=True)
            found[float(level)] = at, np.bincount(place, values[there]) / np.bincount(place)
    return found


def _least(train: Trial) -> dict[str, float]:
    """Return the smallest training value of each endpoint."""
    return {
        name: float(
            np.nanmin(np.concatenate([e.observations[name].values for e in train.subjects]))
        )
        for name in ENDPOINTS
    }
