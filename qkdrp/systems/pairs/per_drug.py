"""Scores of each drug by itself, beside those of its training mean."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.intervals import (
    REAL_LINE,
    Interval,
    mean_interval,
    mse_interval,
    pearson_interval,
    varies,
)
from qkdrp.systems.pairs.preprocess import Preprocessor

Reals = NDArray[np.float64]

PER_DRUG = "per_drug"
"""Name of the table in a run folder."""

LEAST_CORRELATED = 4
"""Pairs that a correlation is made of."""


def per_drug(
    preprocessor: Preprocessor, names: dict[str, str], predictions: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per drug of the test pairs, those with most pairs first.

    Pairs of one drug are of different lines, so that intervals are those of independent values:
    ``_low`` and ``_high``, 95%, blank where there are too few. ``bias`` is the mean of predicted
    minus measured target; ``drug_mean`` predicts the mean of the drug's training pairs.

    Args:
        preprocessor: Of the run; holds training means.
        names: What drugs are called, by id.
        predictions: Of all parts, as :func:`~qkdrp.systems.pairs.predictions.predictions_of` has
            them.
    """
    measure, effects = preprocessor.target.measure, preprocessor.effects
    means = dict(zip(effects.drugs.tolist(), effects.of_drugs.tolist(), strict=True))
    seen = predictions.loc[predictions["part"] == "train", "drug"].astype(str).value_counts()
    test = predictions[(predictions["part"] == "test") & predictions["prediction"].notna()]
    rows = []
    for drug, table in test.groupby(test["drug"].astype(str), sort=False):
        label, predicted, measured, converted = (
            table[name].to_numpy(np.float64)
            for name in ("label", "prediction", measure, f"predicted_{measure}")
        )
        mean = np.full(len(table), effects.overall + means.get(str(drug), 0.0))
        rows.append(
            {"drug": drug, "name": names.get(str(drug), str(drug))}
            | {"n_train": int(seen.get(drug, 0)), "n": len(table)}
            | _squared("mse", label - predicted)
            | _root(f"rmse_{measure}", measured - converted)
            | _correlation(label, predicted)
            | _with_bounds("bias", *_mean(predicted - label))
            | _squared("drug_mean_mse", label - mean)
            | _root(f"drug_mean_rmse_{measure}", measured - preprocessor.target.measured(mean))
        )
    return pd.DataFrame(rows).sort_values(["n", "drug"], ascending=[False, True], kind="stable")


def _with_bounds(name: str, value: float, interval: Interval | None) -> dict[str, Any]:
    low, high = interval or (np.nan, np.nan)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _squared(name: str, errors: Reals) -> dict[str, Any]:
    squares = errors**2
    return _with_bounds(name, float(squares.mean()), mse_interval(squares))


def _root(name: str, errors: Reals) -> dict[str, Any]:
    return {key: float(np.sqrt(max(each, 0.0))) for key, each in _squared(name, errors).items()}


def _mean(values: Reals) -> tuple[float, Interval | None]:
    return float(values.mean()), mean_interval(values, REAL_LINE)


def _correlation(label: Reals, predicted: Reals) -> dict[str, Any]:
    """Return Pearson's correlation within the drug, blank where it is not defined."""
    if len(label) < LEAST_CORRELATED or not (varies(label) and varies(predicted)):
        return _with_bounds("pearson", np.nan, None)
    return _with_bounds(
        "pearson", float(np.corrcoef(label, predicted)[0, 1]), pearson_interval(label, predicted)
    )


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with each number and its interval in one cell, for a page."""
    ends = ("_low", "_high")
    digits = {"mse": 5, "drug_mean_mse": 5, "bias": 4}
    return pd.DataFrame(
        {
            name.replace("_", " "): _cells(table, name, digits.get(name, 2))
            if f"{name}{ends[0]}" in table.columns
            else table[name]
            for name in table.columns
            if not name.endswith(ends)
        }
    )


def _cells(table: pd.DataFrame, name: str, digits: int) -> list[str]:
    found = []
    for value, low, high in table[[name, f"{name}_low", f"{name}_high"]].to_numpy().tolist():
        if np.isnan(value):
            found.append("")
            continue
        bounds = "" if np.isnan(low) else f" ({low:.{digits}f}, {high:.{digits}f})"
        found.append(f"{value:.{digits}f}{bounds}")
    return found
