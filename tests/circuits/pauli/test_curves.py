import pickle

import numpy as np
import pytest
from qiskit.circuit import Parameter, ParameterExpression

from qkdrp.circuits.pauli.curves import Curve, evaluate, pull_back
from qkdrp.circuits.pauli.linear import linear_terms
from qkdrp.common.errors import CircuitError

A, B, C = (Parameter(name) for name in ("a", "pi", "c[0] $"))
SOURCES = {A: 2, B: 0, C: 1}

EXPRESSIONS = [
    A * B,
    (np.pi - A) * (np.pi - B),
    A * 0.12345678901234567 * C * C,
    A.sin() * B.cos() + C,
    (A * B).tan() / 7,
    abs(A - C),
    (A + 5).log() - 1 / (B + 6),
    A.exp() * B.arctan(),
    (A / 9).arcsin() + (C / 9).arccos(),
    (A + 5) ** (B / 3),
    A.conjugate() * B,
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_curves_have_the_values_and_slopes_of_their_expressions(
    expression: ParameterExpression, rng: np.random.Generator
) -> None:
    points, curve, step = rng.uniform(0.2, 2, (4, 3)), Curve(expression, SOURCES), 1e-6

    def by_qiskit(points: np.ndarray) -> np.ndarray:
        rows = [{p: row[SOURCES[p]] for p in expression.parameters} for row in points]
        return np.array([complex(expression.bind(row)).real for row in rows])

    np.testing.assert_allclose(curve.values(points), by_qiskit(points), rtol=1e-14, atol=1e-14)
    for column, slope in zip(curve.columns, curve.slopes(points), strict=True):
        move = step * np.eye(3)[column]
        expected = (by_qiskit(points + move) - by_qiskit(points - move)) / (2 * step)
        np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-8)


def test_derivatives_by_curves_become_derivatives_by_parameters(rng: np.random.Generator) -> None:
    curves = [Curve(A * B, SOURCES), Curve(B * B, SOURCES)]
    points, cotangents = rng.normal(size=(5, 3)), rng.normal(size=(5, 2, 2))
    b, _, a = points.T[..., np.newaxis]
    np.testing.assert_allclose(evaluate(curves, points), np.hstack([a * b, b * b]))
    by_product, by_square = np.moveaxis(cotangents, -1, 0)
    expected = [by_product * a + 2 * b * by_square, 0 * by_product, by_product * b]
    np.testing.assert_allclose(pull_back(curves, points, cotangents), np.stack(expected, axis=-1))


def test_a_curve_is_the_same_whatever_its_parameters_are_called() -> None:
    other = Parameter("other")
    assert Curve(A * B, SOURCES) == Curve(other * B, {other: 2, B: 0})
    assert hash(Curve(A * B, SOURCES)) == hash(Curve(other * B, {other: 2, B: 0}))
    assert Curve(A * B, SOURCES) != Curve(A * B, {A: 0, B: 1})
    assert Curve(A * B, SOURCES) != "curve"


def test_a_curve_can_be_pickled(rng: np.random.Generator) -> None:
    curve, points = Curve(A * B.sin(), SOURCES), rng.normal(size=(3, 3))
    read = pickle.loads(pickle.dumps(curve))
    assert read == curve
    np.testing.assert_array_equal(read.values(points), curve.values(points))


def test_a_point_where_the_angle_is_not_real_is_named() -> None:
    curve = Curve(A.log() + B, SOURCES)
    with pytest.raises(CircuitError, match=r"log\(a\).* is no real number at pi = 3, a = -2"):
        curve.values(np.array([[1.0, 0.0, 1.0], [3.0, 0.0, -2.0]]))
    assert np.isnan(curve.values(np.array([[np.nan, 0.0, 1.0]]))).all()


def test_a_curve_may_be_real_in_a_corner_only() -> None:
    curve = Curve((A - B - 1000).log(), SOURCES)
    np.testing.assert_allclose(curve.values(np.array([[1.0, 0.0, 1001.0 + np.e]])), 1.0)


@pytest.mark.parametrize("expression", [1j * A, A + 1j, (1j * A).bind({A: 1.0}), A.sign()], ids=str)
def test_what_is_not_real_or_smooth_is_no_curve(expression: ParameterExpression) -> None:
    with pytest.raises(CircuitError, match="has the angle"):
        Curve(expression, SOURCES)


@pytest.mark.parametrize("angle", [(1 + A) + (-1 + A), (2 + A) - (2 - A)], ids=str)
def test_qiskit_adds_up_right(angle: ParameterExpression) -> None:
    """Both are 2a; Qiskit 2.2 to 2.5.1 takes them for 0."""
    assert linear_terms(angle, SOURCES) == ([(2.0, 2)], 0.0)
