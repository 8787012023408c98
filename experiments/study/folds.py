"""Data sets of studies, loaded once in a process, and the folds that are drawn from them."""

from functools import lru_cache
from typing import Any

from qkdrp.common.errors import DataError
from qkdrp.systems.registry import find_system
from qkdrp.training.folds import Fold, draw_folds, fold_seed
from qkdrp.training.run_config import DataSettings

__all__ = ["Fold", "dataset_of", "draw_folds", "fold_seed"]


@lru_cache(maxsize=1)
def dataset_of(system: str, data: DataSettings, digest: str | None = None) -> Any:  # noqa: ANN401
    """Load a data set, once in a process for all tasks on it.

    Args:
        system: Name of the system, in the registry.
        data: The section ``data`` of its settings.
        digest: Of the data that the study began with; None for any.

    Raises:
        DataError: If the data are others than those of the digest.
    """
    dataset = find_system(system).load(data)
    if digest is not None and dataset.digest() != digest:
        raise DataError(
            f"{data.source}: the data are not those that the study began with; give every worker "
            "the same, or begin a new study."
        )
    return dataset
