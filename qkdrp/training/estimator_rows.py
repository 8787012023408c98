"""Rows as scikit-learn gives them: held out, taken, found by names, made tensors."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit
from sklearn.utils import _safe_indexing, check_consistent_length

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.training.rows import Rows, as_tensor


def held_out_of(
    X: Any,  # noqa: ANN401  # an array or a table
    groups: ArrayLike | None,
    share: float,
    seed: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the numbers of the rows to fit and to watch; None where none are held out.

    Args:
        X: The rows.
        groups: Group of each row, shape (n_samples,); none is on both sides.
        share: Of the rows that are held out.
        seed: Of the draw.

    Raises:
        ConfigError: If the share is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise ConfigError(f"validation_fraction = {share!r}: expected a share from 0 to below 1.")
    if not share:
        return None
    if groups is None:
        splitter = ShuffleSplit(n_splits=1, test_size=share, random_state=seed)
    else:
        check_consistent_length(X, groups)
        splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
    fitted, watched = next(splitter.split(X, groups=groups))
    return np.sort(fitted), np.sort(watched)


def taken(
    X: Any,  # noqa: ANN401  # an array or a table
    y: NDArray[Any],
    places: NDArray[np.int64],
) -> tuple[Any, NDArray[Any]]:
    """Return the rows at some places."""
    return _safe_indexing(X, places), y[places]


def columns_of_the_fit(X: Any, names: NDArray[Any] | None) -> Any:  # noqa: ANN401
    """Return the columns of a table by the names of the fit; arrays as they are.

    Args:
        X: An array or a table.
        names: Of the fit; None where it knew none.

    Raises:
        DataError: If a column is missing, or there twice.
    """
    if names is None or not isinstance(X, pd.DataFrame):
        return X
    there = X.columns.value_counts()
    missing = [name for name in names if name not in there]
    if missing:
        raise DataError(
            f"{len(missing)} of the {len(names)} columns that the model was trained on are "
            f"missing, {missing[0]!r} for one: give a table that has them all."
        )
    twice = [name for name in names if there[name] > 1]
    if twice:
        raise DataError(f"column {twice[0]!r} is there {there[twice[0]]} times, expected once.")
    return X[list(names)]


def rows_of(
    X: NDArray[Any], y: NDArray[Any], extra: Mapping[str, NDArray[Any]] | None = None
) -> Rows:
    """Return arrays as rows to train on.

    Args:
        X: Shape (n_samples, n_features).
        y: Shape (n_samples,).
        extra: What only scores read, by name.
    """
    return Rows((as_tensor(X),), as_tensor(y), dict(extra or {}))
