"""Changes of scores by noise and shots, paired over the same folds."""

import pandas as pd

from qkdrp.common.intervals import POSITIVE, RANGES, REAL_LINE, differences
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.evaluation import SCORES
from qkdrp.experiments.noise.table import LEVEL, MODEL, POINT, is_quiet
from qkdrp.experiments.study.statistics import Mean, adjusted, corrected_mean

RESPONSE_RANGES = {
    **RANGES,
    **dict.fromkeys(("contrast", "snr_initial", "snr_final", "a_end", "r_end"), POSITIVE),
}
"""Where intervals of responses end."""

TEST = ["low", "high", "p", "q", "n_runs"]

CHANGES = [*MODEL, *POINT, *LEVEL, "score", "exact", "change", *TEST]
"""Columns of ``changes.csv``."""

LEARNED = [
    *MODEL, *POINT, "a_end", "a_low", "a_high", "r_end", "r_low", "r_high", "n_runs",
]  # fmt: skip
"""Columns of ``learned.csv``."""


def changes_frame(table: pd.DataFrame, folds: int) -> pd.DataFrame:
    """Return how each score changes from a model's noiseless evaluation, for each noisy level.

    Intervals and p are those of the corrected resampled t-test over folds and repeats; q is p
    adjusted for all rows (Benjamini and Hochberg).

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        folds: Number of folds of one repeat.
    """
    rows = []
    noisy = table[~is_quiet(table)]
    for key, group in noisy.groupby([*MODEL, *POINT, *LEVEL], dropna=False, sort=False):
        for score in SCORES:
            pairs = group[[score, f"{score}_exact"]].dropna()
            if pairs.empty:
                continue
            difference = (pairs[score] - pairs[f"{score}_exact"]).to_numpy()
            mean = corrected_mean(difference, folds, differences(RANGES[score]))
            exact = float(pairs[f"{score}_exact"].mean())
            rows.append((*key, score, exact, mean.value, *_tested(mean), len(pairs)))
    return with_q(pd.DataFrame(rows, columns=CHANGES))


def learned_frame(table: pd.DataFrame, folds: int) -> pd.DataFrame:
    """Return where a and r ended in models that learn them, with intervals over folds.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        folds: Number of folds of one repeat.
    """
    rows = []
    first = table[is_quiet(table)].drop_duplicates([*MODEL, *POINT, "repeat", "fold"])
    learn = first["model"].map(NoiseConfig.learns).astype(bool)
    for key, group in first[learn].groupby([*MODEL, *POINT], dropna=False, sort=False):
        a, r = (
            corrected_mean(group[name].to_numpy(dtype=float), folds, RESPONSE_RANGES[name])
            for name in ("a_end", "r_end")
        )
        rows.append((*key, a.value, a.low, a.high, r.value, r.low, r.high, len(group)))
    return pd.DataFrame(rows, columns=LEARNED)


def mean_frame(table: pd.DataFrame, name: str, folds: int) -> pd.DataFrame:
    """Return the mean of a response over folds and repeats with its interval.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        name: A column of responses.
        folds: Number of folds of one repeat.

    Returns:
        One row for each model, point and level: ``value``, ``low``, ``high``, ``n_runs``; without
        an interval where there are fewer than three folds.
    """
    rows = []
    within = RESPONSE_RANGES.get(name, REAL_LINE)
    for key, group in table.groupby([*MODEL, *POINT, *LEVEL], dropna=False, sort=False):
        values = group[name].dropna().to_numpy(dtype=float)
        if len(values):
            mean = corrected_mean(values, folds, within)
            rows.append((*key, mean.value, mean.low, mean.high, len(values)))
    return pd.DataFrame(rows, columns=[*MODEL, *POINT, *LEVEL, "value", "low", "high", "n_runs"])


def with_q(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with ``q``: its ``p`` adjusted for all rows that have one."""
    return frame.assign(q=adjusted(frame["p"]))


def _tested(mean: Mean) -> tuple[float, float, float, float]:
    return mean.low, mean.high, mean.p, mean.p  # q comes when all are known
