"""How a covariate is spread over a population: distributions by name, and their texts.

A distribution is written ``uniform:70,140``, ``normal:40,10``, ``lognormal:70,0.2``, ``share:0.5``
or ``among:0,1,2``; a number alone stands for itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from qkdrp.common.errors import ConfigError

Reals = NDArray[np.float64]

FEW = 4
"""Distinct values up to which a covariate counts as one of categories."""


@dataclass(frozen=True)
class Kind:
    """A family of distributions.

    Args:
        numbers: What its numbers are called; empty for any amount of them.
        quantile: Takes points of (0, 1) and the numbers, returns values.
        problem: Returns what is wrong with the numbers, or nothing.
    """

    numbers: tuple[str, ...]
    quantile: Callable[[Reals, Sequence[float]], Reals]
    problem: Callable[[Sequence[float]], str]


def _ordered(numbers: Sequence[float]) -> str:
    return "" if numbers[0] < numbers[1] else "the first number must be below the second"


def _spread(numbers: Sequence[float]) -> str:
    return "" if numbers[1] > 0 else "the standard deviation must be above 0"


def _spread_of_log(numbers: Sequence[float]) -> str:
    return _spread(numbers) or ("" if numbers[0] > 0 else "the median must be above 0")


KINDS: dict[str, Kind] = {
    "uniform": Kind(("low", "high"), lambda u, x: x[0] + (x[1] - x[0]) * u, _ordered),
    "normal": Kind(("mean", "sd"), lambda u, x: x[0] + x[1] * norm.ppf(u), _spread),
    "lognormal": Kind(
        ("median", "sd of log"), lambda u, x: x[0] * np.exp(x[1] * norm.ppf(u)), _spread_of_log
    ),
    "share": Kind(
        ("share of 1",),
        lambda u, x: (u < x[0]).astype(float),
        lambda x: "" if 0 <= x[0] <= 1 else "the share must lie between 0 and 1",
    ),
    "among": Kind((), lambda u, x: np.asarray(x)[(u * len(x)).astype(int)], lambda _: ""),
    "value": Kind(("value",), lambda u, x: np.full(u.shape, x[0]), lambda _: ""),
}
"""Families by name; their texts are ``name:number,number``."""


@dataclass(frozen=True)
class Distribution:
    """A distribution of a covariate.

    Args:
        kind: A key of :data:`KINDS`.
        numbers: Its numbers.

    Raises:
        ConfigError: For an unknown kind, or numbers that do not fit it.
    """

    kind: str
    numbers: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check kind and numbers."""
        if self.kind not in KINDS:
            raise ConfigError(
                f"found the distribution {self.kind!r}, expected one of {', '.join(KINDS)}."
            )
        kind = KINDS[self.kind]
        wanted = kind.numbers or ("value", "...")
        if (kind.numbers and len(self.numbers) != len(kind.numbers)) or not self.numbers:
            raise ConfigError(
                f"{self}: found {len(self.numbers)} numbers, expected "
                f"{self.kind}:{','.join(wanted)}."
            )
        problem = kind.problem(self.numbers) if np.isfinite(self.numbers).all() else "not finite"
        if problem:
            raise ConfigError(f"{self}: {problem}.")

    def __str__(self) -> str:
        """Return the text that :meth:`parse` reads."""
        numbers = ",".join(f"{number:g}" for number in self.numbers)
        return numbers if self.kind == "value" else f"{self.kind}:{numbers}"

    @classmethod
    def parse(cls, text: str) -> "Distribution":
        """Return the distribution of a text, such as ``uniform:70,140`` or ``0``.

        Raises:
            ConfigError: For a text that is none.
        """
        name, colon, rest = text.strip().partition(":")
        try:
            numbers = tuple(float(part) for part in (rest if colon else name).split(","))
        except ValueError as error:
            raise ConfigError(
                f"found the values {text!r} of a covariate, expected a number or one of "
                f"{', '.join(_written(name) for name in KINDS if name != 'value')}."
            ) from error
        return cls(name.strip().lower() if colon else "value", numbers)

    def quantile(self, points: Reals) -> Reals:
        """Return the values at points of (0, 1), same shape."""
        return KINDS[self.kind].quantile(points, self.numbers)

    @property
    def bounds(self) -> tuple[float, float]:
        """Value below and above which 0.1% lie."""
        low, high = self.quantile(np.array([0.001, 0.999]))
        if self.kind in ("uniform", "among"):
            low, high = min(self.numbers), max(self.numbers)
        return float(low), float(high)

    @classmethod
    def like(cls, values: Reals) -> "Distribution":
        """Return the distribution that stands for measured values by default.

        One value stays; 0 and 1 become their share; up to :data:`FEW` other values are drawn as
        often as they are there; all others become uniform over their range.
        """
        kinds, counts = np.unique(values, return_counts=True)
        if len(kinds) == 1:
            return cls("value", (float(kinds[0]),))
        if set(kinds) == {0.0, 1.0}:
            return cls("share", (float(values.mean()),))
        if len(kinds) <= FEW:
            repeats = counts // np.gcd.reduce(counts)
            return cls("among", tuple(np.repeat(kinds, repeats).tolist()))
        return cls("uniform", (float(kinds[0]), float(kinds[-1])))


@dataclass(frozen=True)
class Regression:
    """A covariate that depends on others: a line and a normal deviation from it.

    Args:
        intercept: Value where all others are 0.
        slopes: Change for one unit of each other covariate, by name.
        deviation: Standard deviation about the line.
    """

    intercept: float
    slopes: Mapping[str, float]
    deviation: float

    @classmethod
    def fit(cls, values: Reals, others: Mapping[str, Reals]) -> "Regression":
        """Fit the line by least squares; values that are not finite are left out."""
        columns = np.column_stack([np.ones(len(values)), *others.values()])
        known = np.isfinite(values)
        found, *_ = np.linalg.lstsq(columns[known], values[known], rcond=None)
        rest = values[known] - columns[known] @ found
        freedom = max(int(known.sum()) - columns.shape[1], 1)
        slopes = dict(zip(others, found[1:].tolist(), strict=True))
        return cls(float(found[0]), slopes, float(np.sqrt((rest**2).sum() / freedom)))

    def quantile(self, points: Reals, others: Mapping[str, Reals]) -> Reals:
        """Return values at points of (0, 1), given the other covariates; all of shape (n,)."""
        line = np.full(points.shape, self.intercept)
        for name, slope in self.slopes.items():
            line += slope * others[name]
        line += self.deviation * norm.ppf(points)
        return line

    def __str__(self) -> str:
        """Return the line in words."""
        terms = [f"{slope:+.3g} {name}" for name, slope in self.slopes.items()]
        return " ".join(
            ["normal about", f"{self.intercept:.3g}", *terms, f"sd {self.deviation:.3g}"]
        )


def _written(name: str) -> str:
    return f"{name}:{','.join(KINDS[name].numbers) or 'value,...'}".replace(" ", "-")
