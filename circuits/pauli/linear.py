"""Angles that are linear in the parameters."""

from collections.abc import Mapping

from qiskit.circuit import Parameter, ParameterExpression
from qiskit.exceptions import QiskitError

NOT_A_NUMBER = (TypeError, RuntimeError, ArithmeticError, QiskitError)
"""Whatever Qiskit raises, by the kind of expression, where something is not a number after all."""

LinearAngle = tuple[list[tuple[float, int]], float]
"""Terms (slope, source) of an angle, and its constant."""


def linear_terms(
    angle: ParameterExpression | float, sources: Mapping[Parameter, int]
) -> LinearAngle | None:
    """Split a linear angle into terms (slope, source), by source, and a constant.

    Args:
        angle: A number or an expression of parameters.
        sources: Index of each parameter.

    Returns:
        Terms with a slope that is not 0, and the constant; None if the angle is not linear.
    """
    if not isinstance(angle, ParameterExpression):
        return [], float(angle)
    parameters = sorted(angle.parameters, key=sources.__getitem__)
    try:
        slopes = [float(angle.gradient(parameter)) for parameter in parameters]
        offset = float(angle.bind(dict.fromkeys(parameters, 0.0)))
    except NOT_A_NUMBER:
        return None
    terms = zip(slopes, (sources[parameter] for parameter in parameters), strict=True)
    return [(slope, source) for slope, source in terms if slope != 0.0], offset
