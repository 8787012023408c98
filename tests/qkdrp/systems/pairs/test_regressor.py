"""The networks on pairs as a regressor of scikit-learn."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_predict

from qkdrp import PairRegressor, load_pair_tables
from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.data.frames import PairFrames

SMALL: dict[str, Any] = {
    "n_qubits": 3,
    "n_encoding": 2,
    "n_variational": 1,
    "bridge": "linear",
    "normalisation": "moderated",
    "epochs": 2,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def frames() -> PairFrames:
    """Tables of 120 pairs."""
    found = load_pair_tables("synthetic")
    return found._replace(pairs=found.pairs.sample(120, random_state=0))


def pair_regressor(frames: PairFrames, **settings: Any) -> PairRegressor:
    return PairRegressor(features=frames.features, drugs=frames.drugs, **{**SMALL, **settings})


@pytest.fixture(scope="module")
def fitted(frames: PairFrames) -> PairRegressor:
    return pair_regressor(frames).fit(frames.pairs, frames.pairs["ln_ic50"])


def test_it_predicts_in_the_unit_of_y(frames: PairFrames, fitted: PairRegressor) -> None:
    """Fresh heads are centred, so two epochs predict values near those that were measured."""
    found, measured = fitted.predict(frames.pairs), frames.pairs["ln_ic50"]
    assert abs(found.mean() - measured.mean()) < measured.std()
    target = fitted.preprocessor_.target
    errors = target.of(found) - target.of(measured.to_numpy())
    # the loss of an epoch is taken while weights still move
    assert np.mean(errors**2) == pytest.approx(fitted.fit_.epochs[-1].train_loss, rel=0.3)


def test_the_order_of_rows_and_other_columns_do_not_matter(
    frames: PairFrames, fitted: PairRegressor
) -> None:
    some = frames.pairs[::-1].rename(columns={"sample": "Cell_Line", "drug": "DRUG"})
    expected = fitted.predict(frames.pairs)[::-1]
    np.testing.assert_allclose(fitted.predict(some), expected, atol=1e-4)
    np.testing.assert_allclose(fitted.predict(some[:1]), expected[:1], atol=1e-4)


def test_new_molecules_and_lines(frames: PairFrames, fitted: PairRegressor) -> None:
    drugs = pd.DataFrame({"drug": ["new"], "smiles": [frames.drugs["smiles"].iloc[0]]})
    lines = (
        frames.features[:1].set_axis(["mine"]).rename_axis("sample")[frames.features.columns[::-1]]
    )
    own = pd.DataFrame({"sample": [frames.features.index[0]], "drug": [frames.drugs.index[0]]})
    named = pd.DataFrame({"sample": ["mine"], "drug": ["new"]})
    found = fitted.predict(named, features=lines, drugs=drugs)
    np.testing.assert_allclose(found, fitted.predict(own), atol=1e-4)
    with pytest.raises(DataError, match="drug 'new' is not in the table drugs; add it"):
        fitted.predict(named, features=lines)
    with pytest.raises(DataError, match="1 of the model's 160 features are missing"):
        fitted.predict(named, features=lines.iloc[:, 1:], drugs=drugs)


def test_it_is_cloned_and_cross_validated(frames: PairFrames) -> None:
    """A fold that leaves drugs out fits nothing on them, and predicts them."""
    regressor = pair_regressor(frames, model="linear", epochs=1)
    assert clone(regressor).get_params()["features"].equals(frames.features)
    y = frames.pairs["ln_ic50"]
    folds = GroupKFold(2).split(frames.pairs, groups=frames.pairs["drug"])
    found = cross_val_predict(regressor, frames.pairs, y, cv=folds)
    assert np.isfinite(found).all()
    half = frames.pairs[:60]
    alone = clone(regressor).fit(half, y[:60])
    assert set(alone.preprocessor_.effects.drugs) == set(half["drug"])


def test_rows_that_are_held_out_fit_nothing(frames: PairFrames) -> None:
    regressor = pair_regressor(frames, validation_fraction=0.25, model="linear", epochs=1)
    regressor.fit(frames.pairs, frames.pairs["ln_ic50"], groups=frames.pairs["sample"])
    assert regressor.fit_.epochs[0].validation_loss is not None
    assert len(regressor.preprocessor_.effects.lines) < frames.pairs["sample"].nunique()


def test_a_saved_one_is_the_same(frames: PairFrames, fitted: PairRegressor, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    loaded = PairRegressor.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(frames.pairs), fitted.predict(frames.pairs))
    assert loaded.n_qubits == 3
    assert "smiles" not in repr(fitted)
    assert loaded.fit_ == fitted.fit_
    again = clone(loaded).fit(frames.pairs, frames.pairs["ln_ic50"])
    np.testing.assert_array_equal(again.predict(frames.pairs), fitted.predict(frames.pairs))
    assert b"pickle" not in (tmp_path / "model").read_bytes()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((2, 2)), [0, 1], "X is a ndarray, expected a data frame"),
        (pd.DataFrame({"sample": ["L001"]}), [0], "column drug is missing"),
        (pd.DataFrame({"sample": ["L001"], "drug": [None]}), [0], "has no drug"),
        (pd.DataFrame({"sample": ["L0O1"], "drug": ["Aspirin"]}), [0], "did you mean 'L"),
        (pd.DataFrame({"sample": ["L001"], "drug": ["Aspirin"]}), [77], "is 77, expected the nat"),
        (
            pd.DataFrame({"sample": ["L001"] * 2, "drug": ["Aspirin"] * 2}),
            [0, 1],
            "'L001' and drug 'Aspirin' is there twice",
        ),
    ],
)
def test_what_cannot_be_used_is_named(frames: PairFrames, X: Any, y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        pair_regressor(frames).fit(X, y)


def test_tables_are_asked_for() -> None:
    assert PairRegressor().backend == "statevector"  # others take seconds for a step
    pairs = pd.DataFrame({"sample": ["L001", "L002"], "drug": ["Aspirin"] * 2})
    with pytest.raises(DataError, match="features: found none, expected a data frame"):
        PairRegressor(**SMALL).fit(pairs, [0, 1])


def test_areas_are_learned_as_they_are(frames: PairFrames) -> None:
    areas = 1 / (1 + np.exp(frames.pairs["ln_ic50"]))
    regressor = pair_regressor(frames, measure="auc", dropout=0.2, model="linear")
    found = regressor.fit(frames.pairs, areas).predict(frames.pairs)
    assert abs(found.mean() - areas.mean()) < areas.std()
    again = clone(regressor).fit(frames.pairs, areas).predict(frames.pairs)
    np.testing.assert_array_equal(again, found)  # dropout is seeded, too
