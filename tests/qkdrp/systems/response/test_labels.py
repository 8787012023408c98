import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.utils.estimator_checks import check_estimator

from qkdrp.systems.response.labels import LabelNormaliser

LABELS = st.lists(
    st.floats(min_value=-20, max_value=20, allow_nan=False), min_size=2, max_size=30
).filter(lambda values: np.std(values) > 1e-3)


def column(values: list[float]) -> np.ndarray:
    return np.array(values)[:, np.newaxis]


def test_the_formula() -> None:
    # Mean 3 and population standard deviation 2; the sample's would be 2.3.
    found = LabelNormaliser().fit_transform(column([1.0, 5.0, 1.0, 5.0]))
    np.testing.assert_allclose(found[:, 0], np.tanh([-1, 1, -1, 1]), rtol=1e-15)


def test_it_is_fitted_on_training_rows() -> None:
    normaliser = LabelNormaliser().fit(column([1.0, 5.0]))
    assert normaliser.transform(column([3.0]))[0, 0] == 0.0
    assert normaliser.transform(column([7.0]))[0, 0] == pytest.approx(np.tanh(2.0))


@given(LABELS, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_base_of_the_logarithm_does_not_matter(
    values: list[float], factor: float, shift: float
) -> None:
    labels = column(values)
    first = LabelNormaliser().fit_transform(labels)
    np.testing.assert_allclose(
        LabelNormaliser().fit_transform(factor * labels + shift), first, atol=1e-9
    )


@given(LABELS)
def test_there_and_back(values: list[float]) -> None:
    labels = column(values)
    normaliser = LabelNormaliser().fit(labels)
    normalised = normaliser.transform(labels)
    assert np.all(np.abs(normalised) <= 1)
    # Beyond four standard deviations tanh has no digits left.
    near = np.abs(labels - normaliser.mean_) < 4 * normaliser.scale_
    back = normaliser.inverse_transform(normalised)
    np.testing.assert_allclose(back[near], labels[near], rtol=1e-6, atol=1e-6)


def test_predictions_beyond_one_stay_finite() -> None:
    normaliser = LabelNormaliser().fit(column([1.0, 5.0]))
    back = normaliser.inverse_transform(column([-1.5, -1.0, 1.0, 1.5]))[:, 0]
    assert np.isfinite(back).all()
    assert back[0] == back[1] < back[2] == back[3]


def test_a_constant_label_becomes_zero() -> None:
    assert LabelNormaliser().fit_transform(column([2.0, 2.0])).tolist() == [[0.0], [0.0]]


def test_an_unfitted_normaliser_says_so() -> None:
    with pytest.raises(NotFittedError):
        LabelNormaliser().transform(column([1.0]))


def test_it_serves_a_transformed_target_regressor(rng: np.random.Generator) -> None:
    X = rng.normal(size=(30, 2))
    y = 2.0 + X[:, 0]
    model = TransformedTargetRegressor(LinearRegression(), transformer=LabelNormaliser())
    predictions = model.fit(X, y).predict(X)
    expected = model.transformer_.inverse_transform(model.regressor_.predict(X)[:, np.newaxis])
    np.testing.assert_allclose(model.transformer_.mean_, y.mean())
    np.testing.assert_allclose(predictions, expected[:, 0])


def test_it_keeps_the_manners_of_scikit_learn() -> None:
    check_estimator(LabelNormaliser(), on_skip=None)
