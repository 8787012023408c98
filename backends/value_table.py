"""Tables of expectation values with their standard errors, as content of files."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

HEADER = "row,observable,value,standard_error\n"
"""First line; rows are the points of a layer, one for each call of its circuit."""


def value_table(found: Iterable[tuple[Reals, Reals]]) -> bytes:
    """Return values and standard errors as CSV, blank where there is none.

    Args:
        found: Values and standard errors of each request, each of shape (n_points, n_observables).
    """
    rows = [
        f"{point},{observable},{_cell(value)},{_cell(error)}\n"
        for values, errors in found
        for point, (means, spreads) in enumerate(zip(values.tolist(), errors.tolist(), strict=True))
        for observable, (value, error) in enumerate(zip(means, spreads, strict=True))
    ]
    return (HEADER + "".join(rows)).encode()


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""
