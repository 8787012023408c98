"""Pauli strings as masks: an X mask and a Z mask, bit ``q`` for qubit ``q``."""

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.int64]
"""Bit ``q`` of a mask stands for qubit ``q``."""


def anticommuting(x: Masks, z: Masks, x2: Masks, z2: Masks) -> NDArray[np.bool_]:
    """Tell which strings anticommute.

    Args:
        x: X masks of some strings.
        z: Z masks of them, same shape.
        x2: X masks of others, of a shape that broadcasts with the first.
        z2: Z masks of the others.

    Returns:
        The shape that both broadcast to.
    """
    overlaps = np.bitwise_count(x & z2) + np.bitwise_count(z & x2)
    return np.asarray(overlaps % 2 == 1)
