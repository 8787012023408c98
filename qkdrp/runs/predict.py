"""Predictions of the rows of a split, as a table, and their scores."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from qkdrp.runs.folder import Run
from qkdrp.training.dataset import Dataset
from qkdrp.training.system import AnySystem

LEAST_SCORED = 2
"""Predictions that scores can be made of."""


def predict_parts(run: Run, dataset: Dataset, parts: Sequence[str] | None = None) -> pd.DataFrame:
    """Return measured and predicted values of the given parts, or all; empty parts have no rows."""
    ids = run.split.parts()
    frames = []
    for name in ids if parts is None else parts:
        if len(ids[name]):
            part = dataset.select(ids[name])
            values = run.predict(part)
            frames.append(run.system.predictions(run.preprocessor, part, name, values))
    return pd.concat(frames, ignore_index=True)


def score_part(system: AnySystem, predictions: pd.DataFrame, part: str) -> dict[str, Any] | None:
    """Score the rows of one part that have a prediction; None for fewer than two.

    A device's values may not be finite, and neither are predictions from such values then.
    """
    there = predictions[(predictions["part"] == part) & predictions["prediction"].notna()]
    return system.score(there) if len(there) >= LEAST_SCORED else None
