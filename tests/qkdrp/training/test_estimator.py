"""A regressor of no system in a few lines, and what it gets for them."""

import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from pydantic import Field
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator
from torch import nn

from qkdrp.backends import Backend, get_backend
from qkdrp.common.errors import ConfigError, DataError, RunError
from qkdrp.common.settings import Settings
from qkdrp.training.config import FitConfig
from qkdrp.training.estimator import ModelRegressor
from qkdrp.training.estimator_rows import held_out_of

NAMES = ["one", "two", "three"]


class Sizes(Settings):
    width: int = Field(default=4, ge=1, description="Width of the hidden layer.")


class SmallRegressor(ModelRegressor):
    """Predicts with one hidden layer.

    Attributes:
        model_: The trained model.
    """

    settings: ClassVar = (Sizes, FitConfig)

    def build(self, n_features: int, backend: Backend, seed: int) -> nn.Module:
        width = self.setting(Sizes).width
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            first, last = nn.Linear(n_features, width), nn.Linear(width, 1)
        return nn.Sequential(first, nn.Tanh(), last, nn.Flatten(start_dim=0))


class OtherRegressor(SmallRegressor):
    """Another class of the same parameters."""


def small(**settings: Any) -> SmallRegressor:
    given = {"epochs": 3, "batch_size": 8, "lr": 0.01, "backend": "statevector"}
    return SmallRegressor(**{**given, "random_state": 0, **settings})


@pytest.fixture
def table(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(40, 3)), columns=NAMES)


@pytest.fixture
def label(table: pd.DataFrame) -> NDArray[np.float64]:
    return np.tanh(table["one"].to_numpy())


def test_parameters_are_made_from_the_settings() -> None:
    found = SmallRegressor().get_params()
    assert found["width"] == 4
    assert found["epochs"] == FitConfig().epochs
    assert "width: Width of the hidden layer." in (SmallRegressor.__doc__ or "")
    assert clone(small(width=7)).width == 7
    with pytest.raises(TypeError, match=r"SmallRegressor\(\) has no parameter 'depth'"):
        SmallRegressor(depth=2)
    with pytest.raises(ConfigError, match="width = 0"):
        small(width=0).fit(np.zeros((4, 2)), np.zeros(4))


def test_the_base_class_is_no_regressor_itself() -> None:
    with pytest.raises(TypeError, match="use a subclass"):
        ModelRegressor()


def test_it_keeps_the_manners_of_scikit_learn() -> None:
    regressor = SmallRegressor(epochs=25, lr=0.1, batch_size=64, validation_fraction=0.2)
    check_estimator(regressor, on_skip=None)  # no check is exempted


def test_columns_are_found_by_their_names(table: pd.DataFrame, label: NDArray[Any]) -> None:
    regressor = small().fit(table, label)
    expected = regressor.predict(table)
    assert regressor.feature_names_in_.tolist() == NAMES
    shuffled = table[["three", "one", "two"]].assign(other=1.0)
    np.testing.assert_array_equal(regressor.predict(shuffled), expected)
    watched = (shuffled, label)
    same = small().fit(table, label, validation=watched).fit_.epochs[0].validation_loss
    assert (
        same == small().fit(table, label, validation=(table, label)).fit_.epochs[0].validation_loss
    )


def test_columns_that_are_missing_or_double_are_named(
    table: pd.DataFrame, label: NDArray[Any]
) -> None:
    regressor = small().fit(table, label)
    with pytest.raises(DataError, match=r"2 of the 3 columns .* are missing, 'two' for one"):
        regressor.predict(table[["one"]])
    with pytest.raises(DataError, match="column 'one' is there 2 times"):
        regressor.predict(pd.concat([table, table[["one"]]], axis=1))


@pytest.mark.parametrize("kind", ["table", "array"])
def test_a_saved_regressor_is_the_same(
    table: pd.DataFrame, label: NDArray[Any], tmp_path: Path, kind: str
) -> None:
    given = table if kind == "table" else table.to_numpy()
    regressor = small(width=5, validation_fraction=0.25).fit(given, label)
    regressor.save(tmp_path / "model")
    loaded = SmallRegressor.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(given), regressor.predict(given))
    assert loaded.get_params() == regressor.get_params()
    assert loaded.fit_ == regressor.fit_
    assert repr(loaded) == repr(regressor)
    assert hasattr(loaded, "feature_names_in_") is (kind == "table")
    assert b"pickle" not in (tmp_path / "model").read_bytes()
    again = loaded.fit(given, label)  # it can be trained on, as any fitted regressor
    np.testing.assert_array_equal(again.predict(given), regressor.predict(given))


def test_a_backend_is_kept_by_its_name(
    table: pd.DataFrame, label: NDArray[Any], tmp_path: Path
) -> None:
    generator = np.random.RandomState(0)
    with get_backend("statevector") as backend:
        small(backend=backend, random_state=generator).fit(table, label).save(tmp_path / "model")
        loaded = SmallRegressor.load(tmp_path / "model")
        assert (loaded.backend, loaded.random_state) == ("statevector", None)
        assert SmallRegressor.load(tmp_path / "model", backend).backend is backend


def test_files_that_cannot_be_used_are_refused(
    table: pd.DataFrame, label: NDArray[Any], tmp_path: Path
) -> None:
    path = tmp_path / "model"
    with pytest.raises(NotFittedError):
        small().save(path)
    regressor = small().fit(table, label)
    regressor.save(path)
    with pytest.raises(RunError, match="exists already"):
        regressor.save(path)
    regressor.save(path, overwrite=True)
    with pytest.raises(RunError, match="holds a SmallRegressor, expected a OtherRegressor"):
        OtherRegressor.load(path)
    with pytest.raises(RunError, match="no such file"):
        SmallRegressor.load(tmp_path / "nothing")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(RunError, match="cannot be read as a saved regressor"):
        SmallRegressor.load(path)


def test_rows_that_are_held_out_tell_when_to_stop(table: pd.DataFrame, label: NDArray[Any]) -> None:
    fit = small(epochs=200, lr=0.2, patience=2, validation_fraction=0.25).fit(table, label).fit_
    losses = [epoch.validation_loss or 0.0 for epoch in fit.epochs]
    assert fit.best_epoch == 1 + int(np.argmin(losses))
    assert len(losses) == fit.best_epoch + 2 < 200
    assert small().fit(table, label).fit_.epochs[0].validation_loss is None
    with pytest.raises(ConfigError, match=r"validation_fraction = 1\.5: expected a share"):
        small(validation_fraction=1.5).fit(table, label)


def test_no_group_is_on_both_sides(table: pd.DataFrame, label: NDArray[Any]) -> None:
    groups = np.repeat(np.arange(8), 5)
    regressor = small(validation_fraction=0.25)
    found = held_out_of(table.to_numpy(), groups, 0.25, seed=3)
    assert found is not None
    fitted, watched = (set(groups[rows]) for rows in found)
    assert (len(fitted), len(watched)) == (6, 2)
    assert not fitted & watched
    with pytest.raises(ValueError, match="inconsistent"):
        regressor.fit(table, label, groups=groups[:5])


def test_a_copy_in_another_process_predicts_the_same(
    table: pd.DataFrame, label: NDArray[Any]
) -> None:
    regressor = small().fit(table, label)
    copied = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_array_equal(copied.predict(table), regressor.predict(table))


def test_the_repr_says_what_was_trained(table: pd.DataFrame, label: NDArray[Any]) -> None:
    regressor = small(epochs=2)
    assert repr(regressor).startswith("SmallRegressor(backend='statevector', batch_size=8")
    assert "trained" not in repr(regressor)
    shown = repr(regressor.fit(table, label))
    assert shown.endswith("), trained: 3 columns, 21 parameters, epoch 2 of 2")
