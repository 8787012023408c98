"""Repeated predictions of the same rows, each with shots of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.common.intervals import RANGES, Interval, mean_interval
from qkdrp.runs.predict import score_part

SCORES = ("auc", "spearman", "pearson", "mse")
"""Scores whose spread over repeats is reported."""


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
