"""Repeated predictions of the same rows, each with shots of its own."""

from collections.abc import Mapping, Sequence
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


def summarise_tables(
    system: AnySystem, tables: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, Any] | None, dict[str, Any]]:
    """Return predictions, scores and what repeats tell; the last is empty for a single table.

    Args:
        system: Scores the predictions.
        tables: What :func:`~qkdrp.runs.predict.predict_parts` gave for the test rows.
    """
    test = score_part(system, tables[0], "test")
    if len(tables) == 1:
        return tables[0], test, {}
    repeated, predictions = summarise_repeats(system, tables)
    return predictions, test and _mean_scores(test, repeated), repeated


def summarise_repeats(
    system: AnySystem, tables: Sequence[pd.DataFrame]
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Summarise predictions of the same test rows.

    Args:
        system: Scores the predictions.
        tables: What :func:`~qkdrp.runs.predict.predict_parts` gave, two times or more.

    Returns:
        Mean, standard deviation and interval over repeats of each score that every repeat has; and
        the first table with the mean and standard deviation of each prediction.
    """
    scores = [score_part(system, table, "test") or {} for table in tables]
    summary: dict[str, Any] = {"n": len(tables)}
    for row in system.score_rows:
        values = [value for each in scores if (value := each.get(row.key)) is not None]
        if len(values) == len(scores):
            summary[row.key] = mean_with_interval(values, row.values)
    predictions = np.array([table["prediction"] for table in tables])
    frame = tables[0].assign(
        prediction_mean=predictions.mean(axis=0), prediction_sd=predictions.std(axis=0, ddof=1)
    )
    return summary, frame


def _mean_scores(one: Mapping[str, Any], repeated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of one repeat with means over all in their place.

    Intervals are left out: those of ``repeated`` are of means over repeats, not over samples.
    """
    scores = [name.removesuffix("_ci") for name in one if name.endswith("_ci")]
    means = {name: repeated.get(name, {}).get("mean") for name in scores}
    return {**one, **means, **dict.fromkeys(f"{name}_ci" for name in scores)}
