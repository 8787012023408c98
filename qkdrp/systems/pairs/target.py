"""The measures of a pair, and the target that models learn; imports nothing that takes time."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LN_IC50, AUC = "ln_ic50", "auc"
"""Columns of measures."""

MEASURES: Mapping[str, str] = MappingProxyType(
    {LN_IC50: "ln IC50", AUC: "area under the dose-response curve"}
)
"""What texts call a measure, by its column."""

Direction = Literal["lower", "higher"]
"""Which areas are of sensitive pairs."""

LOWER: Direction = "lower"
"""The direction of an area under the curve of viability: a killing drug leaves a small one."""

EXPONENT = 0.1
"""Exponent of the IC50 in the paper; other work takes its negative."""

LARGEST_LN_IC50 = 30.0
"""Largest natural logarithm of an IC50 in micromolar that can be meant, either sign."""


@dataclass(frozen=True)
class Range:
    """The values that a measure can have.

    Args:
        low: The smallest.
        high: The largest.
        expected: What it is and what to do with other values, in words.
    """

    low: float
    high: float
    expected: str


RANGES: Mapping[str, Range] = MappingProxyType(
    {
        LN_IC50: Range(
            -LARGEST_LN_IC50,
            LARGEST_LN_IC50,
            "the natural logarithm of the IC50 in micromolar, within "
            f"+-{LARGEST_LN_IC50:g}: take it",
        ),
        AUC: Range(
            0.0, 1.0, "an area from 0 to 1, a share of the largest that there can be: divide by it"
        ),
    }
)
"""The values that can be meant, by measure."""


def first_outside(value: "NDArray[np.float64]", measure: str) -> int | None:
    """Return the place of the first value that cannot be meant; None where all can be.

    Args:
        value: Measured values, shape (n,).
        measure: A key of :data:`RANGES`.
    """
    outside = (value < RANGES[measure].low) | (value > RANGES[measure].high)
    return int(outside.argmax()) if outside.any() else None


@dataclass(frozen=True)
class Target:
    """What models learn of a measure.

    Of an IC50 y in micromolar it is ``t = 1 / (1 + y^exponent) = sigmoid(-exponent ln y)``, in
    (0, 1): with the paper's exponent, large t is sensitive. An area is learned as it is.

    Args:
        measure: A key of :data:`MEASURES`.
        exponent: Of the IC50.
        direction: Which areas are of sensitive pairs.
    """

    measure: Literal["ln_ic50", "auc"] = "ln_ic50"
    exponent: float = EXPONENT
    direction: Direction = LOWER

    @property
    def large_is_sensitive(self) -> bool:
        """Whether pairs with a large target are the sensitive ones."""
        return self.exponent > 0 if self.measure == LN_IC50 else self.direction != LOWER

    def of(self, value: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Return the target of measured values, same shape."""
        if self.measure != LN_IC50:
            return value
        from scipy.special import expit

        found: NDArray[np.float64] = expit(-self.exponent * value)
        return found

    def measured(self, target: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Return the measure that targets mean, same shape; the inverse of :meth:`of`.

        Targets outside (0, 1) are taken as the largest ln IC50 that can be meant.
        """
        if self.measure != LN_IC50:
            return target
        import numpy as np
        from scipy.special import expit, logit

        edge = expit(abs(self.exponent) * LARGEST_LN_IC50)
        found: NDArray[np.float64] = -logit(np.clip(target, 1 - edge, edge)) / self.exponent
        return found
