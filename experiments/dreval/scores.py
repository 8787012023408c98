"""Scores of a benchmark of drevalpy, within each drug and fold."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from qkdrp.common.intervals import REAL_LINE, mean_interval, varies
from qkdrp.experiments.dreval.tables import DRUG


class Fold(NamedTuple):
    """Scores of one model on one drug in one fold; NaN where one is not defined."""

    model: str
    drug: str
    fold: int
    n: int
    RMSE: float
    R2: float
    Pearson: float
    Spearman: float


SCORES = ("RMSE", "R2", "Pearson", "Spearman")
"""Names of scores. Within a drug: across drugs, their means alone would give high ones."""


def fold_scores(results: Path) -> pd.DataFrame:
    """Return one row for each model, drug and fold.

    Args:
        results: The folder of a test mode: drevalpy's predictions of each model.
    """
    return pd.DataFrame(_folds(results), columns=list(Fold._fields))


def _folds(results: Path) -> Iterator[Fold]:
    for path in sorted(results.glob("*/predictions/predictions_split_*.csv")):
        table = pd.read_csv(path, dtype={DRUG: str}).dropna(subset=["response", "predictions"])
        model, fold = path.parts[-3], int(path.stem.rpartition("_")[2])
        for drug, rows in table.groupby(DRUG):
            if len(rows) > 2:
                yield _score(model, str(drug), fold, rows)


def _score(model: str, drug: str, fold: int, rows: pd.DataFrame) -> Fold:
    measured, predicted = (rows[name].to_numpy(float) for name in ("response", "predictions"))
    errors = predicted - measured
    related = varies(measured) and varies(predicted)
    return Fold(
        model,
        drug,
        fold,
        len(rows),
        float(np.sqrt(np.mean(errors**2))),
        float(1 - np.sum(errors**2) / np.sum((measured - measured.mean()) ** 2)),
        float(stats.pearsonr(measured, predicted).statistic) if related else float("nan"),
        float(stats.spearmanr(measured, predicted).statistic) if related else float("nan"),
    )


def summary(folds: pd.DataFrame) -> pd.DataFrame:
    """Return mean and 95% interval of each score and model, as text.

    Drugs are averaged within a fold first; the interval is Student's over folds, whose training
    rows overlap, so that it is somewhat too narrow.
    """
    rows = []
    for model, table in folds.groupby("model"):
        means = table.groupby("fold")[list(SCORES)].mean()
        cells = {name: _cell(means[name].dropna().to_numpy()) for name in SCORES}
        rows.append({"model": model} | cells)
    return pd.DataFrame(rows)


def _cell(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> str:
    if not len(values):
        return "-"
    interval = mean_interval(values, REAL_LINE)
    bounds = f" ({interval[0]:.3f}, {interval[1]:.3f})" if interval else ""
    return f"{values.mean():.3f}{bounds}"
