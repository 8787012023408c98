"""Numbers, intervals and p-values as text."""

import math

from qkdrp.common.intervals import LEAST_VALUES

LEAST_SHOWN = 0.001
"""The smallest p that is written as a number."""

ALMOST = 0.995
"""Share above which rounding would say that nothing is left."""


def interval_text(low: float, high: float, form: str = ".3f") -> str:
    """Return an interval in brackets after a space; nothing where there is none."""
    return "" if math.isnan(low) else f" ({low:{form}}, {high:{form}})"


def value_text(value: float, low: float, high: float) -> str:
    """Return a score and its interval."""
    return f"{value:.3f}{interval_text(low, high)}"


def p_text(p: float) -> str:
    """Return a p-value, or one adjusted for several tests; a dash where there is none."""
    if math.isnan(p):
        return "-"
    return f"{p:.2g}" if p >= LEAST_SHOWN else f"< {LEAST_SHOWN:g}"


def p_equation(name: str, p: float) -> str:
    """Return "q = 0.02", "q < 0.001" or "no q"."""
    if math.isnan(p):
        return f"no {name}"
    shown = p_text(p)
    return f"{name} {shown}" if shown.startswith("<") else f"{name} = {shown}"


def share_text(share: float) -> str:
    """Return a share of draws in percent; never all of them, and a dash where there is none."""
    if math.isnan(share):
        return "-"
    return f"{share:.0%}" if share < ALMOST else "> 99%"


def counted(number: int, what: str) -> str:
    """Return a number with what it counts.

    Example:
        >>> counted(1, "seed"), counted(3, "seed")
        ('1 seed', '3 seeds')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def too_few(folds: int) -> str:
    """Return why a study of so few folds has no intervals; nothing where it has them."""
    if folds >= LEAST_VALUES:
        return ""
    return (
        f"{folds} folds give values without intervals and tests; these take "
        f"{LEAST_VALUES} folds or more."
    )


def duration(seconds: float) -> str:
    """Return a time in words: seconds, minutes or hours."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
