"""Repeated stratified folds of the samples that are not kept for the test."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from qkdrp.common.errors import DataError
from qkdrp.common.seeds import derive_seed
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.split import MIN_BIN_SIZE, grouped_folds, label_bins, make_split
from qkdrp.training.split import Split

Fold = tuple[NDArray[np.str_], NDArray[np.str_]]
"""Sample ids to train on and to validate with, each in the cohort's order."""


def split_of(cohort: Cohort, seed: int, stratify_test: bool) -> Split:
    """Return the split of a study, the one that ``qkdrp train`` makes of the same seed."""
    return make_split(cohort, derive_seed(seed, "split"), stratify_test)


@lru_cache(maxsize=8)
def make_folds(
    cohort: Cohort, seed: int, stratify_test: bool, folds: int, repeat: int
) -> tuple[Fold, ...]:
    """Divide the samples outside the test part into folds, stratified by label bins.

    Samples of one group stay in one fold.

    Args:
        cohort: All samples.
        seed: Of the study.
        stratify_test: Whether its test part is stratified.
        folds: Number of folds.
        repeat: Which drawing of the folds, from 0.

    Raises:
        DataError: If a fold would train or validate on one class only.
    """
    test = split_of(cohort, seed, stratify_test).test
    rest = cohort.select(cohort.samples[~np.isin(cohort.samples, test)])
    strata = label_bins(rest.ln_ic50, max(folds, MIN_BIN_SIZE))
    fold_seed = derive_seed(seed, f"folds {repeat}")
    if rest.groups is not None:
        divided = grouped_folds(strata, rest.groups, folds, fold_seed)
    else:
        splitter = StratifiedKFold(folds, shuffle=True, random_state=fold_seed)
        divided = list(splitter.split(rest.expression, strata))
    if len(divided) < folds:
        raise DataError(
            f"{cohort.drug}: the groups outside the test make {len(divided)} folds, expected "
            f"{folds}: take fewer --folds."
        )
    found = []
    for number, rows in enumerate(divided):
        for part in rows:
            n_responder = int(rest.responder[part].sum())
            if n_responder in (0, len(part)):
                raise DataError(
                    f"{cohort.drug}: fold {number + 1} of repeat {repeat + 1} holds {n_responder} "
                    f"responders among {len(part)} samples, expected both classes: "
                    "take fewer --folds or another --seed."
                )
        train, validation = (rest.samples[part] for part in rows)
        found.append((train, validation))
    return tuple(found)
