"""Repeated predictions of the same rows, each with shots of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.common.intervals import Interval, mean_interval
from qkdrp.runs.predict import score_part
from qkdrp.training.system import AnySystem


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


def summarise_repeats(
    system: AnySystem, tables: Sequence[pd.DataFrame]
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Summarise predictions of the same test rows.

    Args:
        system: Whose predictions they are.
        tables: What :func:`~qkdrp.runs.predict.predict_parts` gave, two times or more.

    Returns:
        Mean, standard deviation and interval over repeats of each score that every repeat has; and
        the first table with the mean and standard deviation of each prediction.
    """
    scores = [score_part(system, table, "test") or {} for table in tables]
    summary: dict[str, Any] = {"n": len(tables)}
    for row in system.score_rows:
        values = [each.get(row.key) for each in scores]
        found = [value for value in values if value is not None]
        if len(found) == len(values):
            summary[row.key] = mean_with_interval(found, row.values)
    predictions = np.array([table["prediction"] for table in tables])
    frame = tables[0].assign(
        prediction_mean=predictions.mean(axis=0), prediction_sd=predictions.std(axis=0, ddof=1)
    )
    return summary, frame
