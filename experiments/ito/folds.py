"""Folds of a cohort: those of any system, drawn once in a process for all models."""

from functools import lru_cache

from qkdrp.experiments.study.folds import Fold, draw_folds
from qkdrp.systems.registry import find_system
from qkdrp.systems.response.config import DataConfig, TrainConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.training.split import Split

SYSTEM = "response"
"""The system that the paper is about."""


def split_of(cohort: Cohort, seed: int, stratify_test: bool) -> Split:
    """Return the split of a study, the one that ``qkdrp train`` makes of the same seed."""
    config = TrainConfig(data=DataConfig(stratify_test=stratify_test), seed=seed)
    return find_system(SYSTEM).split(cohort, config)


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
    return draw_folds(find_system(SYSTEM), cohort, test, seed, folds, repeat)
