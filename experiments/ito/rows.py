"""Preprocessed rows of folds, loaded once in a process."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.experiments.ito.folds import SYSTEM, make_folds
from qkdrp.experiments.study.folds import dataset_of
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.preprocess import Preprocessor, fit_preprocessor

Rows = tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]
"""Genes, labels and responder flags."""


def cohort_of(data: DataConfig, digest: str | None = None) -> Cohort:
    """Load a cohort, once in a process for all tasks of a drug.

    Raises:
        DataError: If it is not the one of the digest.
    """
    cohort: Cohort = dataset_of(SYSTEM, data, digest)
    return cohort


@lru_cache(maxsize=1)
def fold_rows(
    data: DataConfig, digest: str, seed: int, folds: int, repeat: int, fold: int
) -> tuple[Rows, Rows]:
    """Return preprocessed rows of a fold, once for the models that a process trains on it.

    Args:
        data: What is learned from, the drug included.
        digest: Of the cohort.
        seed: Of the study.
        folds: Number of folds.
        repeat: Which drawing of the folds, from 0.
        fold: Which fold is held out, from 0.

    Returns:
        Rows to train on, and those held out; preprocessing is fitted on the former.
    """
    cohort = cohort_of(data, digest)
    ids = make_folds(cohort, seed, data.stratify_test, folds, repeat)[fold]
    train, held_out = (cohort.select(part) for part in ids)
    preprocessor = fit_preprocessor(train, data)
    return preprocessed(preprocessor, train), preprocessed(preprocessor, held_out)


def preprocessed(preprocessor: Preprocessor, cohort: Cohort) -> Rows:
    """Return samples as numbers."""
    return preprocessor.genes(cohort), preprocessor.label(cohort), cohort.responder
