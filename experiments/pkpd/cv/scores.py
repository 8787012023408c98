"""Scores of each variant over all folds, with intervals over subjects."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.pooled import ALL_DOSES, ENDPOINTS, Pooled, Reals

RMSE_SCALED, RMSE, MAE, R2, BY_SUBJECT = (
    "rmse_scaled", "rmse", "mae", "r2", "rmse_scaled_by_subject",
)  # fmt: skip
"""Scores; the last one is a mean over subjects."""

COLUMNS = [
    *("model", "pd0", "endpoint", "dose", "score", "value", "low", "high"),
    *("seed_sd", "n_seeds", "n_subjects", "n_rows"),
]


def scores_frame(found: Mapping[Variant, Pooled]) -> pd.DataFrame:
    """Return one row for each variant, endpoint, dose level and score.

    A score is computed for each seed over all rows of all folds pooled; ``value`` is the mean over
    seeds, ``seed_sd`` their standard deviation. ``low`` to ``high`` is the 95% interval by a
    bootstrap over subjects. Of single dose levels there is the scaled RMSE alone.

    Args:
        found: Predictions by variant.
    """
    rows = [row for variant, whole in found.items() for row in _rows(variant, whole)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(variant: Variant, whole: Pooled) -> Iterator[dict[str, object]]:
    for endpoint in ENDPOINTS:
        part = whole.part(endpoint)
        if not len(part.rows):
            continue
        key = {"model": variant.name, "pd0": variant.told, "endpoint": endpoint}
        for score, of in _SCORES.items():
            yield {**key, "dose": ALL_DOSES, "score": score, **_cells(part, of)}
        for dose in sorted(part.rows["dose"].unique()):
            own = whole.part(endpoint, dose)
            yield {**key, "dose": f"{dose:g}", "score": RMSE_SCALED, **_cells(own, _rmse_scaled)}


Moments = tuple[Reals, Callable[[Reals], Reals]]
"""What a score is made of, shape (n_rows, n_columns), and the score of each seed from its means."""


def _rmse_scaled(part: Pooled) -> Moments:
    return part.squares, np.sqrt


def _rmse(part: Pooled) -> Moments:
    return part.errors**2, np.sqrt


def _mae(part: Pooled) -> Moments:
    return np.abs(part.errors), lambda means: means


def _r2(part: Pooled) -> Moments:
    measured = part.rows["measured"].to_numpy(float)
    centred = measured - measured.mean()

    def of(means: Reals) -> Reals:
        spread = means[:, -1:] - means[:, -2:-1] ** 2
        varies = np.where(spread > 0, spread, np.nan)  # a constant has no R2
        found: Reals = 1 - means[:, :-2] / varies
        return found

    return np.column_stack([part.errors**2, centred, centred**2]), of


_SCORES: Mapping[str, Callable[[Pooled], Moments] | None] = {
    RMSE_SCALED: _rmse_scaled,
    RMSE: _rmse,
    MAE: _mae,
    R2: _r2,
    BY_SUBJECT: None,
}
"""What makes each score; None for the mean over subjects, whose rows are subjects."""


def _cells(part: Pooled, of: Callable[[Pooled], Moments] | None) -> dict[str, object]:
    if of is None:
        return _by_subject(part)
    columns, by_seed = of(part)
    value, interval = part.scored(columns, lambda means: by_seed(means).mean(axis=1))
    each = by_seed(columns.mean(axis=0, keepdims=True))[0]
    return {"value": value, **_ends(interval), **_spread(each), **_counts(part)}


def _by_subject(part: Pooled) -> dict[str, object]:
    """Return the mean over subjects, each of whom counts once."""
    by_subject = part.subject_rmse()[:, np.newaxis]
    subjects = Pooled(pd.DataFrame({"subject": part.subjects}), by_subject)
    value, interval = subjects.scored(by_subject, lambda means: means[:, 0])
    return {"value": value, **_ends(interval), **_counts(part)}


def _ends(interval: tuple[float, float] | None) -> dict[str, float]:
    low, high = interval or (np.nan, np.nan)
    return {"low": low, "high": high}


def _spread(by_seed: Reals) -> dict[str, float]:
    return {"seed_sd": float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else np.nan}


def _counts(part: Pooled) -> dict[str, int]:
    return {"n_seeds": part.n_seeds, "n_subjects": len(part.subjects), "n_rows": len(part.rows)}
