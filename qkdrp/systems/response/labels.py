"""The tanh-normalised label (equation 3 of Ito et al. 2025)."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

LARGEST_LABEL = 1.0 - 1e-12
"""Labels at or beyond +-1 have no finite ln IC50; they are taken back to this one."""


class LabelNormaliser(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """``y_norm = tanh((ln IC50 - mean) / sd)``, fitted on training rows, in (-1, 1).

    The standard deviation is the population's (ddof 0). Fits into scikit-learn's
    ``TransformedTargetRegressor(HybridRegressor(), transformer=LabelNormaliser())``.

    Attributes:
        mean_: Training mean of ln IC50, shape (n_columns,).
        scale_: Training standard deviation, shape (n_columns,); 1 where there is none.
    """

    def fit(self, X: NDArray[np.float64], y: None = None) -> Self:  # noqa: ARG002
        """Take mean and standard deviation of X, shape (n_samples, n_columns)."""
        X = validate_data(self, X, dtype=np.float64)
        self.mean_ = X.mean(axis=0)
        scale = X.std(axis=0)
        self.scale_ = np.where(scale > 0.0, scale, 1.0)
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return normalised labels, same shape as X."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(np.tanh((X - self.mean_) / self.scale_))

    def inverse_transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ln IC50 of normalised labels, same shape as X."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        standard = np.arctanh(np.clip(X, -LARGEST_LABEL, LARGEST_LABEL))
        return np.asarray(self.mean_ + self.scale_ * standard)
