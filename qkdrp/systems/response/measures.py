"""What was measured of a sample's response: its column, its direction and its scale.

The command line reads the names, so NumPy is imported inside functions.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from qkdrp.common.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

Direction = Literal["lower", "higher"]
"""On which side the sensitive samples are."""

Transform = Literal["none", "log", "logit"]
"""What turns values into those that models learn; a key of :data:`TRANSFORMS`."""


@dataclass(frozen=True)
class Scale:
    """A transform of values, and the way back.

    Args:
        there: Takes values to the scale that models learn.
        back: Its inverse.
        lowest: Values must be above it.
        highest: Values must be below it.
    """

    there: Callable[["Reals"], "Reals"]
    back: Callable[["Reals"], "Reals"]
    lowest: float = -math.inf
    highest: float = math.inf


def _same(values: "Reals") -> "Reals":
    return +values


def _log(values: "Reals") -> "Reals":
    import numpy as np

    found: Reals = np.log(values)
    return found


def _exp(values: "Reals") -> "Reals":
    import numpy as np

    found: Reals = np.exp(values)
    return found


def _logit(values: "Reals") -> "Reals":
    """Return the logarithm of the odds."""
    import numpy as np

    found: Reals = np.log(values) - np.log1p(-values)
    return found


def _logistic(values: "Reals") -> "Reals":
    """Return the inverse of the logit, without overflow."""
    import numpy as np

    found: Reals = (1 + np.tanh(values / 2)) / 2
    return found


TRANSFORMS: Mapping[str, Scale] = MappingProxyType(
    {
        "none": Scale(_same, _same),
        "log": Scale(_log, _exp, lowest=0.0),
        "logit": Scale(_logit, _logistic, lowest=0.0, highest=1.0),
    }
)
"""Transforms by name."""

LARGEST_LN_IC50 = 30.0
"""Largest natural logarithm of an IC50 in micromolar that can be meant, either sign: beyond it lie
less than a molecule in a litre, and more than any solution holds."""

RESERVED = ("sample", "part", "responder", "label", "prediction", "drug", "response")
"""Columns that no measure can be: those of tables beside it."""


@dataclass(frozen=True)
class Measure:
    """A measure of how a sample responds to a drug.

    Models learn ``t(value)`` where sensitive samples are low, and ``-t(value)`` where they are
    high: on that scale, low always means sensitive, as with ln IC50.

    Args:
        column: Its column in the response table.
        title: What texts and axes call it.
        direction: On which side the sensitive samples are.
        transform: A key of :data:`TRANSFORMS`.
        largest: Largest size of a value that can be meant; None for any.
        fixed: Whether direction and transform follow from what it is.
    """

    column: str
    title: str
    direction: Direction = "lower"
    transform: Transform = "none"
    largest: float | None = None
    fixed: bool = False

    @property
    def sign(self) -> int:
        """1 where low values are sensitive, -1 where high ones are."""
        return 1 if self.direction == "lower" else -1

    def to_scale(self, values: "Reals") -> "Reals":
        """Return values as models learn them, same shape: low means sensitive."""
        return self.sign * TRANSFORMS[self.transform].there(values)

    def from_scale(self, values: "Reals") -> "Reals":
        """Return values in the user's unit, same shape; the inverse of :meth:`to_scale`."""
        return TRANSFORMS[self.transform].back(self.sign * values)

    def sensitive(self, values: "Reals", threshold: float) -> "NDArray[np.bool_]":
        """Tell which values in the user's unit are on the sensitive side of a threshold, or on it.

        Args:
            values: Shape (n_samples,).
            threshold: In the same unit.
        """
        return values <= threshold if self.direction == "lower" else values >= threshold


LN_IC50 = Measure("ln_ic50", "ln IC50", largest=LARGEST_LN_IC50, fixed=True)
"""The natural logarithm of the IC50 in micromolar, the paper's measure."""

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        measure.column: measure
        for measure in (
            LN_IC50,
            Measure("ic50", "IC50", transform="log", fixed=True),
            Measure("pic50", "pIC50", direction="higher", fixed=True),
            Measure("auc", "area under the dose-response curve"),
        )
    }
)
"""Measures whose direction is known, by column. An area can also be one above the curve."""


def choose_measure(
    column: str | None = None,
    direction: Direction | None = None,
    transform: Transform | None = None,
) -> Measure:
    """Return the measure that settings name.

    Args:
        column: Its column in the response table; None for ln IC50.
        direction: On which side the sensitive samples are; None where the measure is known.
        transform: A key of :data:`TRANSFORMS`; None for the measure's own, or none.

    Raises:
        ConfigError: If a measure's direction is not known or contradicts what it is, or a name is
            reserved.
    """
    known = MEASURES.get(column or LN_IC50.column)
    for name, value, names in (
        ("direction", direction, get_args(Direction)),
        ("transform", transform, get_args(Transform)),
    ):
        if value is not None and value not in names:
            raise ConfigError(f"{name} = {value!r}: choose one of {', '.join(names)}.")
        if known and known.fixed and value not in {None, getattr(known, name)}:
            raise ConfigError(
                f"{name} = {value!r}: {known.title} has {name} {getattr(known, name)!r}; leave "
                f"--{name} out, or name another column by --measure."
            )
    if column in RESERVED:
        raise ConfigError(f"measure = {column!r}: that column holds something else; name another.")
    if known is None:
        if direction is None:
            raise ConfigError(
                f"measure = {column!r}: say by --direction lower or --direction higher on which "
                f"side the sensitive samples are; known without it: {', '.join(MEASURES)}."
            )
        known = Measure(str(column), str(column))
    return replace(
        known, direction=direction or known.direction, transform=transform or known.transform
    )
