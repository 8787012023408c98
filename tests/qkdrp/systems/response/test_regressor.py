import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from qkdrp import HybridRegressor, LabelNormaliser, get_backend, preprocessing
from qkdrp.common.errors import BackendError, ConfigError, DataError
from qkdrp.systems.response.config import FitConfig, ModelConfig

Rows = tuple[NDArray[np.float32], NDArray[np.float64]]


@pytest.fixture
def rows(rng: np.random.Generator) -> Rows:
    X = rng.normal(5.0, 1.0, (30, 6)).astype(np.float32)
    return X, np.tanh(X[:, 0] - 5.0).astype(float)


def small(**settings: Any) -> HybridRegressor:
    defaults = {
        "n_qubits": 2,
        "n_encoding": 1,
        "epochs": 2,
        "batch_size": 8,
        "lr": 1e-3,
        "backend": "statevector",
        "random_state": 0,
    }
    return HybridRegressor(**{**defaults, **settings})


def test_parameters_go_in_and_out() -> None:
    regressor = small(a=3.0)
    assert regressor.get_params()["a"] == 3.0
    assert regressor.set_params(a=4.0, model="tanh").get_params()["model"] == "tanh"
    assert clone(regressor).get_params() == regressor.get_params()


def test_parameters_are_those_of_the_settings() -> None:
    fields = ModelConfig.model_fields | FitConfig.model_fields
    settings = {name: field.default for name, field in fields.items()}
    own = {"validation_fraction": 0.0, "backend": "aer_exact", "random_state": None}
    assert HybridRegressor().get_params() == settings | own
    assert HybridRegressor.__doc__ is not None
    arguments, _ = HybridRegressor.__doc__.split("Attributes:")
    documented = re.findall(r"^ {4}(\w+): ", arguments, re.MULTILINE)
    assert documented == [*settings, *own]


def test_an_angle_may_be_text(rows: Rows) -> None:
    as_text = small(r="pi/3").fit(*rows)
    assert as_text.r == "pi/3"
    expected = small(r=np.pi / 3).fit(*rows).predict(rows[0])
    np.testing.assert_array_equal(as_text.predict(rows[0]), expected)
    with pytest.raises(ConfigError, match="r = 'half a turn': found"):
        small(r="half a turn").fit(*rows)


@pytest.mark.parametrize("model", ["classic", "moderated"])
def test_cross_validation_of_a_pipeline(rows: Rows, model: str) -> None:
    pipeline = make_pipeline(preprocessing(), small(model=model))
    scores = cross_val_score(pipeline, *rows, cv=2)
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_with_the_label_of_the_paper(rows: Rows) -> None:
    X, y = rows
    model = TransformedTargetRegressor(small(), transformer=LabelNormaliser())
    assert np.isfinite(model.fit(X, 3 * y + 2).predict(X)).all()


def test_a_grid_of_numpy_numbers(rows: Rows) -> None:
    grid = {"a": np.array([1.0, 20.0]), "n_qubits": np.array([2, 3])}
    search = GridSearchCV(small(epochs=1), grid, cv=2).fit(*rows)
    assert search.best_params_["n_qubits"] in {2, 3}


def test_predictions_have_a_shape_and_a_type(rows: Rows) -> None:
    X, y = rows
    prediction = small().fit(X, y).predict(X[:7])
    assert prediction.shape == (7,)
    assert prediction.dtype == np.float64


def test_one_sample_is_predicted_as_among_others(rows: Rows) -> None:
    X, y = rows
    regressor = small().fit(X, y)
    np.testing.assert_allclose(regressor.predict(X[:1]), regressor.predict(X)[:1], atol=1e-6)


@pytest.mark.parametrize("method", ["predict", "embed"])
def test_an_unfitted_regressor_says_so(rows: Rows, method: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(small(), method)(rows[0])


def test_another_number_of_genes_is_refused(rows: Rows) -> None:
    X, y = rows
    regressor = small().fit(X, y)
    with pytest.raises(ValueError, match="X has 5 features"):
        regressor.predict(X[:, :5])
    with pytest.raises(ValueError, match="X has 5 features"):
        small().fit(X, y, validation=(X[:, :5], y, y < 0))


def test_missing_values_are_refused(rows: Rows) -> None:
    X, y = rows
    X[2, 3] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        small().fit(X, y)


def test_validation_labels_must_fit_their_genes(rows: Rows) -> None:
    X, y = rows
    with pytest.raises(ValueError, match=r"inconsistent|samples"):
        small().fit(X, y, validation=(X, y[:5], y[:5] < 0))


def test_a_backend_may_be_given_itself(rows: Rows) -> None:
    X, y = rows
    with get_backend("aer_exact") as backend:
        regressor = small(backend=backend, epochs=1)
        regressor.fit(X, y)
        assert backend.usage.pubs > 0
        found = clone(regressor).fit(X, y).predict(X)
    # Weights are of single precision, and sums depend on the number of threads.
    np.testing.assert_allclose(found, small(epochs=1).fit(X, y).predict(X), atol=1e-5)


def test_unknown_names_are_refused(rows: Rows) -> None:
    with pytest.raises(BackendError, match="'qpu'"):
        small(backend="qpu").fit(*rows)
    with pytest.raises(ConfigError, match="'deep'"):
        small(model="deep").fit(*rows)
    with pytest.raises(ConfigError, match="batch_size = 1"):
        small(batch_size=1).fit(*rows)


def test_the_random_state_decides(rows: Rows) -> None:
    X, y = rows
    first, same, other = (small(random_state=s).fit(X, y).predict(X) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_any_integer_is_the_same_seed(rows: Rows) -> None:
    X, y = rows
    expected = small(random_state=3).fit(X, y).predict(X)
    found = small(random_state=np.int64(3)).fit(X, y).predict(X)
    np.testing.assert_array_equal(found, expected)


def test_validation_decides_when_to_stop(rows: Rows) -> None:
    X, y = rows
    seen: list[int] = []
    regressor = small(model="classic", epochs=50, patience=1, lr=1e-2).fit(
        X, y, validation=(X, y, y < 0), on_epoch=lambda epoch: seen.append(epoch.epoch)
    )
    assert len(seen) == len(regressor.fit_.epochs) == regressor.fit_.best_epoch + 1


@pytest.mark.parametrize("kind", ["reversed", "read-only", "fortran", "strided", "lists"])
def test_any_memory_layout_gives_the_same(rows: Rows, kind: str) -> None:
    X, y = rows
    expected = small().fit(X, y).predict(X)
    if kind == "reversed":
        X, y = X[::-1].copy()[::-1], y[::-1].copy()[::-1]
    elif kind == "read-only":
        X.flags.writeable = y.flags.writeable = False
    elif kind == "fortran":
        X = np.asfortranarray(X)
    elif kind == "strided":
        X, y = np.repeat(X, 2, axis=0)[::2], np.repeat(y, 2)[::2]
    given = (X.tolist(), y.tolist()) if kind == "lists" else (X, y)
    np.testing.assert_array_equal(small().fit(*given).predict(given[0]), expected)


def test_a_fitted_regressor_can_be_copied_to_other_processes(rows: Rows) -> None:
    X, y = rows
    regressor = small().fit(X, y)
    copied = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_array_equal(copied.predict(X), regressor.predict(X))


def test_a_grid_over_a_and_r_in_two_processes(rows: Rows) -> None:
    grid = {"a": [1.0, 20.0], "r": [1.0, "pi/2"]}
    search = GridSearchCV(small(epochs=1, validation_fraction=0.25), grid, cv=2, n_jobs=2)
    found = search.fit(*rows)
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    alone = GridSearchCV(small(epochs=1, validation_fraction=0.25), grid, cv=2).fit(*rows)
    np.testing.assert_allclose(
        found.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"], rtol=1e-4
    )


def test_folds_of_whole_groups(rows: Rows) -> None:
    X, y = rows
    groups = np.arange(30) % 6
    pipeline = make_pipeline(preprocessing(), small(validation_fraction=0.3))
    scores = cross_val_score(pipeline, X, y, groups=groups, cv=GroupKFold(3))
    assert np.isfinite(scores).all()


def test_early_stopping_works_inside_a_pipeline(rows: Rows) -> None:
    regressor = small(model="classic", epochs=300, patience=2, lr=0.05, validation_fraction=0.3)
    fitted = make_pipeline(preprocessing(), regressor).fit(*rows)[-1]
    losses = [epoch.validation_loss or 0.0 for epoch in fitted.fit_.epochs]
    assert fitted.fit_.best_epoch == 1 + int(np.argmin(losses))
    assert len(losses) == fitted.fit_.best_epoch + 2 < 300


def test_what_is_watched_may_be_the_loss_or_the_auc(rows: Rows) -> None:
    X, y = rows
    settings = {"model": "classic", "epochs": 6, "patience": 0, "lr": 0.05}
    fits = {
        (monitor, flags): small(monitor=monitor, **settings)
        .fit(X, y, validation=(X, y, y < 0) if flags else (X, y))
        .fit_
        for monitor in ("auc", "loss")
        for flags in (True, False)
    }
    for (monitor, flags), fit in fits.items():
        auc = [epoch.metrics.get("validation_auc") for epoch in fit.epochs]
        loss = [epoch.validation_loss or 0.0 for epoch in fit.epochs]
        assert (None in auc) is not flags
        by_auc = monitor == "auc" and flags
        best = np.argmax(np.array(auc, dtype=float)) if by_auc else np.argmin(loss)
        assert fit.best_epoch == best + 1
    with pytest.raises(ConfigError, match="monitor = 'mse'"):
        small(monitor="mse").fit(X, y)


def test_genes_are_found_by_their_names(rows: Rows) -> None:
    X, y = rows
    table = pd.DataFrame(X, columns=[f"GENE{index}" for index in range(6)])
    regressor = small().fit(table, y)
    np.testing.assert_array_equal(
        regressor.predict(table[table.columns[::-1]].assign(GENE9=0.0)), regressor.predict(table)
    )
    with pytest.raises(DataError, match=r"1 of the 6 columns .* missing, 'GENE3' for one"):
        regressor.embed(table.drop(columns="GENE3"))


@pytest.mark.parametrize("learn", [False, True])
def test_a_saved_regressor_predicts_the_same_on_any_backend(
    rows: Rows, tmp_path: Path, learn: bool
) -> None:
    X, y = rows
    regressor = small(r="pi/3", learn_a_r=learn, validation_fraction=0.2).fit(X, y)
    regressor.save(tmp_path / "model.safetensors")
    loaded = HybridRegressor.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), regressor.predict(X))
    assert loaded.fit_ == regressor.fit_
    assert "trained: 6 columns" in repr(loaded)
    elsewhere = HybridRegressor.load(tmp_path / "model.safetensors", backend="aer_exact")
    np.testing.assert_allclose(elsewhere.predict(X), regressor.predict(X), atol=1e-6)


def test_it_keeps_the_manners_of_scikit_learn() -> None:
    check_estimator(HybridRegressor(model="classic", epochs=2, batch_size=8), on_skip=None)
