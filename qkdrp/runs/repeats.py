"""Repeated predictions of the same rows, each with shots of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.common.intervals import RANGES, Interval, mean_interval
from qkdrp.runs.predict import score_part

SCORES = ("auc", "spearman", "pearson", "mse")
"""Scores whose spread over repeats is reported."""

LEAST_SCORED = 2
"""Predictions that scores can be made of."""


def mean_with_interval(values: Sequence[float], within: Interval) -> dict[str, Any]:
    """Return mean, standard deviation and Student's interval of the mean of two values or more.

    The interval is None for fewer than three values, or if all are the same.
    """
    array = np.asarray(values, dtype=float)
    return {
        "mean": float(array.mean()),
        "sd": float(array.std(ddof=1)),
        "ci": mean_interval(array, within),
    }


def summarise_repeats(tables: Sequence[pd.DataFrame]) -> tuple[dict[str, Any], pd.DataFrame]:
    """Summarise predictions of the same test rows.

    Args:
        tables: What :func:`~qkdrp.runs.predict.predict_parts` gave, two times or more.

    Returns:
        Mean, standard deviation and interval over repeats of each score that every repeat has; and
        the first table with the mean and standard deviation of each prediction.
    """
    scores = [score_part(table, "test").model_dump() for table in tables]
    summary: dict[str, Any] = {"n": len(tables)}
    for name in SCORES:
        values = [each[name] for each in scores]
        if None not in values:
            summary[name] = mean_with_interval(values, RANGES[name])
    predictions = np.array([table["prediction"] for table in tables])
    frame = tables[0].assign(
        prediction_mean=predictions.mean(axis=0), prediction_sd=predictions.std(axis=0, ddof=1)
    )
    return summary, frame


def summarise_tables(
    tables: Sequence[pd.DataFrame],
) -> tuple[pd.DataFrame, dict[str, Any] | None, dict[str, Any]]:
    """Return predictions, scores and what repeats tell; the last is empty for a single table."""
    test = score_there(tables[0])
    if len(tables) == 1:
        return tables[0], test, {}
    repeated, predictions = summarise_repeats(tables)
    return predictions, test and _mean_scores(test, repeated), repeated


def score_there(predictions: pd.DataFrame) -> dict[str, Any] | None:
    """Return the scores of the test rows that have a prediction; None for fewer than two.

    A device's values may not be finite, and neither are predictions from such values then.
    """
    there = predictions[predictions["prediction"].notna()]
    return score_part(there, "test").model_dump() if len(there) >= LEAST_SCORED else None


def _mean_scores(one: Mapping[str, Any], repeated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of one repeat with means over all in their place.

    Intervals are left out: those of ``repeated`` are of means over repeats, not over samples.
    """
    scores = [name.removesuffix("_ci") for name in one if name.endswith("_ci")]
    means = {name: repeated.get(name, {}).get("mean") for name in scores}
    return {**one, **means, **dict.fromkeys(f"{name}_ci" for name in scores)}
