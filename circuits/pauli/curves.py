"""Angles that are not linear in the parameters: real functions, compiled, with their slopes."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Parameter, ParameterExpression

from qkdrp.common.errors import CircuitError

Reals = NDArray[np.floating[Any]]

PROBES = 64
"""Points at which a curve is tried; it need not be real everywhere, as a logarithm is not."""

IMAGINARY = 1e-12
"""Imaginary part that rounding may leave of a real number."""


class Curve:
    """A real function of some parameters, and its derivatives, at many points at once.

    Two curves are equal if they are the same function of the same sources.

    Args:
        expression: The function.
        sources: Index of each parameter.

    Raises:
        CircuitError: If the expression is real nowhere, or cannot be differentiated.
    """

    def __init__(self, expression: ParameterExpression, sources: Mapping[Parameter, int]) -> None:
        from sympy import Symbol  # takes as long to import as the rest of the package

        parameters = sorted(expression.parameters, key=sources.__getitem__)
        if not parameters:
            raise CircuitError(f"has the angle {expression}: expected a real number.")
        self.expression = expression
        self.sources = {parameter: sources[parameter] for parameter in parameters}
        self.columns = np.array([*self.sources.values()], dtype=np.int64)
        self._symbols = [Symbol(f"v{column}", real=True) for column in self.columns]
        given = {
            Symbol(parameter.name): symbol
            for parameter, symbol in zip(parameters, self._symbols, strict=True)
        }
        self._function = expression.sympify().xreplace(given)
        self._check()

    def __eq__(self, other: object) -> bool:
        """Tell whether two curves are the same function of the same sources."""
        return isinstance(other, Curve) and bool(self._function == other._function)

    def __hash__(self) -> int:
        """Return the hash of the function."""
        return hash(self._function)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the expression; compiled functions cannot be."""
        return Curve, (self.expression, self.sources)

    def values(self, points: Reals) -> Reals:
        """Return the angle at each point.

        Args:
            points: All parameters, shape (n_points, n_parameters).

        Returns:
            Shape (n_points,).

        Raises:
            CircuitError: If the angle is not a real number at a point.
        """
        return np.asarray(self._real(self._compiled(points), points)[0])

    def slopes(self, points: Reals) -> Reals:
        """Return the derivatives by the parameters of :attr:`columns`.

        Args:
            points: All parameters, shape (n_points, n_parameters).

        Returns:
            Shape (n_columns, n_points).

        Raises:
            CircuitError: If a derivative is not a real number at a point.
        """
        return self._real(self._compiled_slopes(points), points)

    @cached_property
    def _compiled(self) -> Callable[[Reals], NDArray[Any]]:
        return self._compile([self._function])

    @cached_property
    def _compiled_slopes(self) -> Callable[[Reals], NDArray[Any]]:
        return self._compile([self._function.diff(symbol) for symbol in self._symbols])

    def _compile(self, functions: Sequence[Any]) -> Callable[[Reals], NDArray[Any]]:
        from sympy import lambdify

        compiled = lambdify(self._symbols, list(functions), modules="numpy", cse=True)

        def evaluate(points: Reals) -> NDArray[Any]:
            columns = points.T[self.columns]
            with np.errstate(all="ignore"):
                return np.stack([np.broadcast_to(each, len(points)) for each in compiled(*columns)])

        return evaluate

    def _real(self, found: NDArray[Any], points: Reals) -> Reals:
        wrong = ~np.isfinite(found) | (np.abs(found.imag) > IMAGINARY)
        wrong &= np.isfinite(points[:, self.columns]).all(axis=1)
        if wrong.any():
            at = points[np.nonzero(wrong)[1][0]]
            place = ", ".join(f"{p.name} = {at[column]:g}" for p, column in self.sources.items())
            raise CircuitError(
                f"The angle {self.expression} or its derivative is no real number at {place}: "
                "keep its parameters where it is one."
            )
        return np.asarray(found.real, dtype=np.float64)

    def _check(self) -> None:
        points = np.zeros((PROBES, 1 + self.columns.max()))
        points[:, self.columns] = np.random.default_rng(0).normal(size=(PROBES, len(self.columns)))
        try:
            found = np.concatenate([self._compiled(points), self._compiled_slopes(points)])
        except (TypeError, NameError, SyntaxError) as error:
            raise CircuitError(
                f"has the angle {self.expression}: expected one that can be differentiated."
            ) from error
        there = np.isfinite(found).all(axis=0)
        if there.any() and (np.abs(found.imag) > IMAGINARY).any(axis=0)[there].all():
            raise CircuitError(
                f"has the angle {self.expression}: expected a real expression of parameters."
            )


def make_curve(angle: ParameterExpression, sources: Mapping[Parameter, int], where: str) -> Curve:
    """Return the curve of a gate's angle.

    Args:
        angle: The expression.
        sources: Index of each parameter.
        where: Names the gate.

    Raises:
        CircuitError: Names the gate and the angle that is no curve.
    """
    try:
        return Curve(angle, sources)
    except CircuitError as error:
        raise CircuitError(f"{where} {error}") from error


def evaluate(curves: Sequence[Curve], points: Reals) -> Reals:
    """Return the angles of curves, shape (n_points, n_curves).

    Args:
        curves: The curves.
        points: All parameters, shape (n_points, n_parameters).
    """
    found = np.empty((len(points), len(curves)))
    for index, curve in enumerate(curves):
        found[:, index] = curve.values(points)
    return found


def pull_back(curves: Sequence[Curve], points: Reals, cotangents: Reals) -> Reals:
    """Return derivatives by parameters from those by curves.

    Args:
        curves: The curves.
        points: All parameters, shape (n_points, n_parameters), or one point for all.
        cotangents: Derivatives by the curves, shape (n_points, ..., n_curves).

    Returns:
        Shape (n_points, ..., n_parameters).
    """
    found = np.zeros((*cotangents.shape[:-1], points.shape[1]))
    between = (1,) * (cotangents.ndim - 2)
    for index, curve in enumerate(curves):
        for column, slope in zip(curve.columns, curve.slopes(points), strict=True):
            found[..., column] += cotangents[..., index] * slope.reshape(-1, *between)
    return found
