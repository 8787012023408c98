"""Folds that keep rows of one group together."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

Places = NDArray[np.int64]
"""Places of rows in a data set, shape (n,)."""


def grouped_folds(
    strata: NDArray[np.int64], groups: NDArray[np.str_], folds: int, seed: int
) -> list[tuple[Places, Places]]:
    """Return folds that keep groups together and divide strata as evenly as groups allow.

    Args:
        strata: Stratum of each row, shape (n_rows,).
        groups: Group of each row, same shape.
        folds: Number of folds.
        seed: Of the order of groups that are alike.

    Returns:
        Places of rows outside and inside of each fold, those of the fold last; fewer folds where
        there are too few groups.
    """
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    found = splitter.split(np.zeros(len(strata)), strata, groups)
    return [(stay, out) for stay, out in found if len(out) and len(stay)]
