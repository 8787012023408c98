"""Tables of a cross-validation of any system: its scores by model, and models in pairs."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from qkdrp.experiments.study.statistics import Place, adjusted, corrected_mean, paired_mean
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.system import AnySystem

FoldScores: TypeAlias = Mapping[str, Mapping[Place, Mapping[str, float | None]]]
"""Scores as ``metrics.json`` holds them, by model, and by repeat and fold."""

MEANS = ["model", "score", "mean", "se", "low", "high", "n_runs"]
PAIRS = ["score", "reference", "other", "difference", "se", "low", "high", "p", "q", "n_runs"]
"""Columns of the two tables."""


def means_frame(
    system: AnySystem, scores: FoldScores, folds: int, more: Sequence[ScoreRow] = ()
) -> pd.DataFrame:
    """Return one row for each model and score: its mean over folds with a 95% interval.

    Args:
        system: Says which scores there are, and what values they can have.
        scores: Of each model and fold; folds where a score is not defined are left out.
        folds: Number of folds of one repeat.
        more: Scores beside those of the system.
    """
    rows = []
    for model, found in scores.items():
        for score in (*system.score_rows, *more):
            values = np.array(list(_values(found, score.key).values()), dtype=float)
            if len(values):
                mean = corrected_mean(values, folds, score.values)
                at = mean.value, mean.se, mean.low, mean.high
                rows.append((model, score.key, *at, len(values)))
    return pd.DataFrame(rows, columns=MEANS)


def pairs_frame(
    system: AnySystem,
    scores: FoldScores,
    folds: int,
    reference: str | None = None,
    more: Sequence[ScoreRow] = (),
) -> pd.DataFrame:
    """Return one row for each score and other model: reference minus other over the same folds.

    ``p`` is two-sided, by the corrected resampled t-test; ``q`` is p adjusted for all rows of the
    table (Benjamini and Hochberg).

    Args:
        system: Says which scores there are, and what values they can have.
        scores: Of each model and fold.
        folds: Number of folds of one repeat.
        reference: The model that the others are compared with; None for the strongest baseline of
            the system.
        more: Scores beside those of the system.
    """
    named = reference or system.reference_baseline or ""
    rows = []
    for score in (*system.score_rows, *more):
        left = _values(scores.get(named, {}), score.key)
        for model in scores:
            right = _values(scores[model], score.key)
            mean, n_runs = paired_mean(left, right, folds, score.values)
            if model != named and n_runs:
                at = mean.value, mean.se, mean.low, mean.high, mean.p
                rows.append((score.key, named, model, *at, math.nan, n_runs))
    frame = pd.DataFrame(rows, columns=PAIRS)
    return frame.assign(q=adjusted(frame["p"]))


def _values(scores: Mapping[Place, Mapping[str, float | None]], key: str) -> dict[Place, float]:
    """Return a score by fold, where it is defined."""
    values = {place: found.get(key) for place, found in scores.items()}
    return {place: value for place, value in values.items() if value is not None}
