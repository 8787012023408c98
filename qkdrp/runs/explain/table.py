"""Importances as tables: of each run, and of all runs together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from qkdrp.runs.explain.importance import (
    GRADIENTS,
    LEAST,
    METHODS,
    PERMUTATION,
    Importance,
    mean_importance,
)

SLOPE = "slope"
"""Column of the change of the prediction per unit of the model's input."""


@dataclass(frozen=True, eq=False)
class RunImportance:
    """What one run says of its features.

    Args:
        run: Name of the run.
        names: Of the features.
        importances: By method, see :data:`~qkdrp.runs.explain.importance.METHODS`.
        slope: Of integrated gradients, shape (n_features,).
    """

    run: str
    names: Sequence[str]
    importances: Mapping[str, Importance]
    slope: np.ndarray

    def frame(self) -> pd.DataFrame:
        """Return one row per feature, in the order of the model's inputs."""
        columns: dict[str, object] = {"run": self.run, "feature": list(self.names)}
        for method, found in self.importances.items():
            columns |= _columns(method, found)
        return pd.DataFrame(columns | {SLOPE: self.slope})


def _columns(method: str, found: Importance) -> dict[str, object]:
    return {
        method: found.means,
        f"{method}_low": found.low,
        f"{method}_high": found.high,
        f"{method}_rank": found.ranks,
    }


def by_run(runs: Sequence[RunImportance]) -> pd.DataFrame:
    """Return one row per run and feature."""
    return pd.concat([run.frame() for run in runs], ignore_index=True)


def wide(runs: Sequence[RunImportance], method: str) -> pd.DataFrame:
    """Return importances by one method, one row per feature and one column per run."""
    return pd.concat(
        [pd.Series(run.importances[method].means, list(run.names)) for run in runs], axis=1
    )


def over_runs(runs: Sequence[RunImportance]) -> pd.DataFrame:
    """Return one row per feature, the most important first by the mean of both ranks.

    Intervals are over the rows of one run, or over the runs of several: three at least.
    """
    names = wide(runs, PERMUTATION).index
    columns: dict[str, object] = {"feature": names}
    ranks = []
    for method in METHODS:
        found = runs[0].importances[method]
        if len(runs) > 1:
            found = mean_importance(wide(runs, method).reindex(names).to_numpy(), LEAST[method])
        columns |= _columns(method, found)
        ranks.append(found.ranks)
    slopes = pd.concat([pd.Series(run.slope, list(run.names)) for run in runs], axis=1)
    columns[SLOPE] = slopes.mean(axis=1).reindex(names).to_numpy()
    columns["runs"] = wide(runs, GRADIENTS).notna().sum(axis=1).reindex(names).to_numpy()
    order = np.argsort(np.nanmean(ranks, axis=0), kind="stable")
    return pd.DataFrame(columns).iloc[order].reset_index(drop=True)
