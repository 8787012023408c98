"""Angles of Pauli rotations: large ones reduced exactly, and the shift of their derivatives."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = 1024.0
"""Radians up to which angles are used as they are: sums of them keep 13 digits after the point."""

QUARTER_TURN = math.pi / 2
"""Shift of the two-term rule: ``df/d angle = (f(angle + pi/2) - f(angle - pi/2)) / 2``."""


def reduced(angles: NDArray[np.floating[Any]] | float) -> NDArray[np.float64]:
    """Return angles between -2 pi and 2 pi that give the same rotations ``exp(-i angle/2 P)``.

    The sine and cosine of the C library are exact for arguments of any size, unlike a remainder by
    the nearest double to 4 pi. What is not finite becomes NaN.

    Args:
        angles: Radians, of any shape.
    """
    half = np.asarray(angles, dtype=np.float64) / 2
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * np.arctan2(np.sin(half), np.cos(half)))
