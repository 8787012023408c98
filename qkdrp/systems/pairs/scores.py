"""Scores of predicted pairs, with intervals by resampling whole cell lines, drugs or tissues.

Pairs of one line or drug are not independent, so pairs themselves are not resampled. Every score
is a function of sums over pairs, so a resample is a weighted sum over groups.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from qkdrp.common.group_bootstrap import Statistic, grouped_interval
from qkdrp.common.intervals import LEAST_VALUES, varies
from qkdrp.systems.pairs.target import LN_IC50

Reals = NDArray[np.float64]


def score(table: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of a table of predictions with their intervals.

    ``mse`` is of the target, ``rmse_ln_ic50`` of ln IC50; correlations are over all pairs, within
    drugs (each drug's mean over these pairs is subtracted from both), and beyond means (the mean
    effects of the training pairs are subtracted from both). Ranks of Spearman correlations are
    those of all pairs in every resample.

    Args:
        table: Rows of :func:`~qkdrp.systems.pairs.predictions.predictions_of`.
    """
    label, prediction = (table[name].to_numpy(np.float64) for name in ("label", "prediction"))
    by = str(table["resampled"].iloc[0])
    groups = pd.factorize(table[by])[0]
    found: dict[str, Any] = {
        "n": len(table),
        "n_lines": int(table["sample"].nunique()),
        "n_drugs": int(table["drug"].nunique()),
        "resampled_by": by,
    }
    squares = (label - prediction) ** 2
    found |= _scored("mse", squares[:, np.newaxis], groups, lambda sums: sums[:, 0])
    if LN_IC50 in table.columns:
        errors = (table[LN_IC50] - table[f"predicted_{LN_IC50}"]).to_numpy(np.float64) ** 2
        found |= _scored(
            f"rmse_{LN_IC50}", errors[:, np.newaxis], groups, lambda sums: np.sqrt(sums[:, 0])
        )
    centred = label - label.mean()
    columns = np.column_stack([squares, centred, centred**2])
    found |= _scored("r2", columns, groups, _r2) if varies(label) else {"r2": None, "r2_ci": None}
    for name, (x, y, rows) in _residuals(table, label, prediction).items():
        found |= _correlations(name, x[rows], y[rows], groups[rows])
    return found


def _residuals(
    table: pd.DataFrame, label: Reals, prediction: Reals
) -> dict[str, tuple[Reals, Reals, NDArray[np.bool_]]]:
    """Return what is correlated, and which pairs count, by the ending of the score's name."""
    everything = np.ones(len(table), dtype=bool)
    drugs = pd.factorize(table["drug"])[0]
    counts = np.bincount(drugs)

    def within(values: Reals) -> Reals:
        return values - (np.bincount(drugs, values) / counts)[drugs]

    means = table["mean_effects"].to_numpy(np.float64)
    return {
        "": (label, prediction, everything),
        "_within_drugs": (within(label), within(prediction), counts[drugs] > 1),
        "_beyond_means": (label - means, prediction - means, everything),
    }


def _correlations(name: str, x: Reals, y: Reals, groups: NDArray[np.intp]) -> dict[str, Any]:
    """Return Pearson's and Spearman's correlation with intervals; None where not defined."""
    found: dict[str, Any] = {}
    for kind, of in (("pearson", np.asarray), ("spearman", rankdata)):
        key = f"{kind}{name}"
        if len(x) < LEAST_VALUES or not varies(x) or not _varies_beyond_rounding(y, x):
            found |= {key: None, f"{key}_ci": None}
            continue
        u, v = (each - each.mean() for each in (of(x), of(y)))
        columns = np.column_stack([u, v, u * u, v * v, u * v])
        found |= _scored(key, columns, groups, _correlation)
    return found


def _varies_beyond_rounding(y: Reals, x: Reals) -> bool:
    """Tell whether predictions differ by more than rounding, on the scale of what is measured."""
    return bool(np.ptp(y) > 1e-9 * np.ptp(x))


def _correlation(means: Reals) -> Reals:
    u, v, uu, vv, uv = means.T
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Reals = (uv - u * v) / np.sqrt((uu - u * u) * (vv - v * v))
    return found


def _r2(means: Reals) -> Reals:
    squares, centred, spread = means.T
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Reals = 1 - squares / (spread - centred**2)
    return found


def _scored(
    key: str, columns: Reals, groups: NDArray[np.intp], statistic: Statistic
) -> dict[str, Any]:
    """Return a score and its interval; the interval is None for fewer than three groups.

    Args:
        key: Name of the score.
        columns: What is summed over pairs, shape (n_pairs, n_sums).
        groups: Group of each pair, from 0, shape (n_pairs,).
        statistic: Takes means of the columns.
    """
    value = float(statistic(columns.mean(axis=0, keepdims=True))[0])
    return {key: value, f"{key}_ci": grouped_interval(columns, groups, statistic)}
