"""What every model has to beat: the mean predictor and ridge regression."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import RidgeCV

RIDGE_ALPHAS = np.logspace(-1, 6, 29)
"""Penalties; the best by leave-one-out on the training rows is taken."""

BASELINES: Mapping[str, RegressorMixin] = MappingProxyType(
    {"mean": DummyRegressor(strategy="mean"), "ridge": RidgeCV(alphas=RIDGE_ALPHAS)}
)
"""Unfitted baselines by name; clone before use. Both are fitted on the training rows alone."""
