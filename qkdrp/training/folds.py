"""Repeated folds, stratified and by group, of rows of any system outside the test part."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from qkdrp.common.errors import DataError
from qkdrp.common.seeds import derive_seed
from qkdrp.training.grouped_folds import grouped_folds
from qkdrp.training.system import AnySystem

Fold = tuple[NDArray[np.str_], NDArray[np.str_]]
"""Ids of the rows to train on and of those that are held out, each in the data set's order."""


def draw_folds(  # what decides the folds
    system: AnySystem,
    dataset: Any,  # noqa: ANN401  # the system's own
    test: NDArray[np.str_],
    seed: int,
    folds: int,
    repeat: int,
) -> tuple[Fold, ...]:
    """Divide the rows outside the test part into folds that hold equal shares of each stratum.

    Args:
        system: Says which strata and groups there are, and which rows can be trained and scored
            on. Rows of one group stay together.
        dataset: All rows.
        test: Ids of the test part.
        seed: Of the study.
        folds: Number of folds.
        repeat: Which drawing of the folds, from 0.

    Raises:
        DataError: If the system refuses the rows of a fold, such as rows of one class only, or
            there are too few groups.
    """
    rest = dataset.select(dataset.ids[~np.isin(dataset.ids, test)])
    strata, groups = system.strata(rest, folds), system.groups(rest)
    drawn = derive_seed(seed, f"folds {repeat}")
    if groups is None:
        splitter = StratifiedKFold(folds, shuffle=True, random_state=drawn)
        divided = list(splitter.split(np.zeros(len(rest)), strata))
    else:
        divided = grouped_folds(strata, groups, folds, drawn)
    if len(divided) < folds:
        raise DataError(
            f"The groups of rows outside the test make {len(divided)} folds, expected {folds}: "
            "take fewer --folds."
        )
    found = []
    for number, rows in enumerate(divided):
        train, held_out = (rest.ids[part] for part in rows)
        for ids in (train, held_out):
            system.check_part(rest.select(ids), f"fold {number + 1} of repeat {repeat + 1}")
        found.append((train, held_out))
    return tuple(found)


def fold_seed(seed: int, repeat: int, fold: int) -> int:
    """Return the seed of initial weights and shuffling of a training on a fold.

    Args:
        seed: Of the study.
        repeat: Which drawing of the folds, from 0.
        fold: Which fold is held out, from 0.
    """
    return derive_seed(seed, f"repeat {repeat} fold {fold}")
