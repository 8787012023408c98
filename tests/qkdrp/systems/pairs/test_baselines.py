from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from qkdrp.systems.pairs.additive_ridge import PENALTIES, AdditiveRidge
from qkdrp.systems.pairs.baselines import BASELINES
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.split import make_split
from qkdrp.training.stored_state import State


def one_hot(pairs: PairData) -> np.ndarray:
    used = pairs.compact()
    return np.hstack([np.eye(len(used.lines))[used.line], np.eye(len(used.drugs))[used.drug]])


def test_the_additive_ridge_is_ridge_on_one_hot_columns(
    few: PairData, preprocessor: Preprocessor
) -> None:
    label, columns = preprocessor.label(few), one_hot(few)
    fitted = AdditiveRidge.fit(few, label)
    other = Ridge(alpha=fitted.penalty, fit_intercept=False).fit(columns, label - label.mean())
    np.testing.assert_allclose(
        fitted.predict(few), label.mean() + other.predict(columns), atol=1e-10
    )


def test_its_penalty_has_the_smallest_leave_one_out_error(
    few: PairData, preprocessor: Preprocessor
) -> None:
    label, columns = preprocessor.label(few), one_hot(few)
    errors = []
    for penalty in PENALTIES:
        inverse = np.linalg.inv(columns.T @ columns + penalty * np.eye(columns.shape[1]))
        hat = columns @ inverse @ columns.T
        left = label - label.mean()
        errors.append(np.mean(((left - hat @ left) / (1 - np.diag(hat))) ** 2))
    chosen = AdditiveRidge.fit(few, label).penalty
    assert chosen == pytest.approx(PENALTIES[int(np.argmin(errors))])


def test_means_by_hand(few: PairData, preprocessor: Preprocessor) -> None:
    label = preprocessor.label(few)
    fitted = {
        name: BASELINES[name](preprocessor, few, np.float64).predict(few)
        for name in ("mean", "drug_mean", "line_mean", "mean_effects")
    }
    drug, line = (
        np.array([label[of == each].mean() for each in of.tolist()]) for of in (few.drug, few.line)
    )
    np.testing.assert_allclose(fitted["mean"], label.mean())
    np.testing.assert_allclose(fitted["drug_mean"], drug)
    np.testing.assert_allclose(fitted["line_mean"], line)
    np.testing.assert_allclose(fitted["mean_effects"], drug + line - label.mean())


@pytest.mark.parametrize(("split", "blind"), [("ldo", "drug_mean"), ("lco", "line_mean")])
def test_means_know_nothing_of_what_is_new(pairs: PairData, split: str, blind: str) -> None:
    data = DataConfig(split=split, train_size=1000, test_size=300)
    made = make_split(pairs, data, 0)
    train, test = pairs.select(made.train), pairs.select(made.test)
    fitted = Preprocessor.fit(train, data)
    values = BASELINES[blind](fitted, train, np.float64).predict(test)
    np.testing.assert_allclose(values, fitted.effects.overall)


def test_regressors_on_features_learn(pairs: PairData) -> None:
    data = DataConfig(train_size=1500, test_size=500)
    made = make_split(pairs, data, 0)
    train, test = pairs.select(made.train), pairs.select(made.test)
    fitted = Preprocessor.fit(train, data)
    label = fitted.label(test)
    mse = {
        name: float(np.mean((fit(fitted, train, np.float64).predict(test) - label) ** 2))
        for name, fit in BASELINES.items()
    }
    assert mse["forest"] < mse["drug_mean"] < mse["mean"]
    assert mse["feature_ridge"] < 0.5 * mse["mean"]
    assert mse["additive_ridge"] < mse["drug_mean"]
    assert mse["mean_effects"] > mse["additive_ridge"]


def test_a_preprocessor_is_made_again(few: PairData, preprocessor: Preprocessor) -> None:
    again = Preprocessor.from_state(preprocessor.state())
    assert isinstance(preprocessor.state(), State)
    np.testing.assert_array_equal(again.effects.predict(few), preprocessor.effects.predict(few))
    np.testing.assert_array_equal(again.features(few.lines), preprocessor.features(few.lines))
    assert again.target == preprocessor.target


def test_a_new_line_has_the_effect_of_its_tissue(few: PairData) -> None:
    new = few.line == few.line[0]
    train, test = few.at(np.flatnonzero(~new)), few.at(np.flatnonzero(new))
    fitted = Preprocessor.fit(train, DataConfig())
    label = fitted.label(train)
    tissues, (own, *_) = train.tissues, test.tissues
    assert tissues is not None
    expected = label[tissues == own].mean()
    values = BASELINES["tissue_mean"](fitted, train, np.float64).predict(test)
    np.testing.assert_allclose(values, expected)
    both = fitted.effects.predict(test)
    np.testing.assert_allclose(both, fitted.effects.drug_effect(test) + expected)


def test_without_tissues_means_are_as_before(few: PairData) -> None:
    bare = replace(few, lines=replace(few.lines, tissues=None))
    fitted = Preprocessor.fit(bare, DataConfig())
    values = BASELINES["tissue_mean"](fitted, bare, np.float64).predict(bare)
    np.testing.assert_allclose(values, fitted.effects.overall)
    again = Preprocessor.from_state(fitted.state())
    np.testing.assert_array_equal(again.effects.predict(bare), fitted.effects.predict(bare))
    state = fitted.state()
    details = {k: v for k, v in state.details["pairs"].items() if k != "tissues"}
    arrays = {k: v for k, v in state.arrays.items() if k != "effects.tissues"}
    earlier = Preprocessor.from_state(State(arrays, {"pairs": details}))
    np.testing.assert_array_equal(earlier.effects.predict(few), fitted.effects.predict(few))


def test_shuffled_columns_are_the_same_values_elsewhere(few: PairData) -> None:
    plain = Preprocessor.fit(few, DataConfig())
    shuffled = [Preprocessor.fit(few, DataConfig(shuffle_columns=True), seed) for seed in (1, 1, 2)]
    first, same, other = (each.features(few.lines) for each in shuffled)
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    order = [plain.features.names.tolist().index(name) for name in shuffled[0].features.names]
    np.testing.assert_array_equal(first, plain.features(few.lines)[:, order])
