import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from qkdrp.systems.response.baselines import BASELINES, RIDGE_ALPHAS


def test_the_mean_predictor_predicts_the_mean(rng: np.random.Generator) -> None:
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    assert clone(BASELINES["mean"]).fit(X, y).predict(X[:2]) == pytest.approx(y.mean())


def test_ridge_takes_the_best_penalty_left_one_out(rng: np.random.Generator) -> None:
    X = rng.normal(size=(25, 4))
    y = X[:, 0] + rng.normal(size=25)

    def left_one_out(alpha: float) -> float:
        errors = []
        for row in range(len(y)):
            rest = np.arange(len(y)) != row
            model = Ridge(alpha).fit(X[rest], y[rest])
            errors.append((model.predict(X[[row]])[0] - y[row]) ** 2)
        return float(np.mean(errors))

    found = clone(BASELINES["ridge"]).fit(X, y)
    assert found.alpha_ == pytest.approx(min(RIDGE_ALPHAS, key=left_one_out))


def test_the_shared_baselines_stay_unfitted() -> None:
    assert not any(hasattr(baseline, "n_features_in_") for baseline in BASELINES.values())
