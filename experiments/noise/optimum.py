"""Where the best a and r lie at each level of noise, and whether they move."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.experiments.noise.changes import TEST, with_q
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.evaluation import SCORES
from qkdrp.experiments.noise.table import LEVEL, MODEL, POINT, RUN
from qkdrp.experiments.statistics import corrected_mean
from qkdrp.metrics import CONFIDENCE
from qkdrp.seeds import derive_seed

RESAMPLES = 2000
"""Bootstrap samples of folds and seeds."""

SIGNS = {"auc": 1.0, "spearman": 1.0, "mse": -1.0}
"""Whether more is better."""

AXES = ("a", "r", "both")
"""Along which the optimum is looked for: all a at the reference r, all r at the reference a, or
among all points that were measured."""

OPTIMUM = [
    *MODEL, *LEVEL, "score", "axis", "a", "a_low", "a_high", "r", "r_low", "r_high", "value",
    "support", "n_points", "n_runs",
]  # fmt: skip
"""Columns of ``optimum.csv``."""

NOISE, SHOTS, BOTH = "noise", "shots", "both"
"""What may have moved an optimum: noise at the same number of shots, shots without noise, or noise
and shots together; each is held against what lacks it."""

MOVES = [
    *MODEL, *LEVEL, "cause", "score", "axis", "a_quiet", "r_quiet", "a", "r", "gain", *TEST,
]  # fmt: skip
"""Columns of ``moves.csv``."""

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Surface:
    """Scores over a and r at one level, oriented so that more is better.

    Args:
        points: a and r, shape (n_points, 2).
        scores: Shape (n_runs, n_points).
        runs: Repeat and fold of each run.
    """

    points: Reals
    scores: Reals
    runs: tuple[tuple[int, int], ...]

    def best(self) -> int:
        """Return the number of the best point, the first of several."""
        return int(np.argmax(self.scores.mean(axis=0)))

    def best_without(self, run: int) -> int:
        """Return the number of the point that is best in all runs but one."""
        return int(np.argmax(np.delete(self.scores, run, axis=0).mean(axis=0)))

    def resampled_best(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the best points of bootstrap samples of the runs, shape (n_resamples,)."""
        n = len(self.scores)
        counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
        return np.asarray(np.argmax(counts @ self.scores / n, axis=1))


def surfaces(
    table: pd.DataFrame, config: NoiseConfig
) -> Iterator[tuple[tuple[object, ...], str, str, Surface]]:
    """Yield model and level, score, axis and surface, wherever there are two points or more.

    Runs in which a point is missing are left out.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        config: Of the study.
    """
    reference = {"a": config.reference_a, "r": config.reference_r}
    for key, group in table.groupby([*MODEL, *LEVEL], dropna=False, sort=False):
        if group[POINT].isna().any(axis=None):
            continue
        for score in SCORES:
            wide = group.pivot_table(index=RUN, columns=POINT, values=score).dropna()
            if wide.empty:
                continue
            points = np.array([tuple(each) for each in wide.columns], dtype=float)
            for axis in AXES:
                kept = np.full(len(points), True)
                if axis != "both":
                    other = 1 - POINT.index(axis)
                    kept = np.isclose(points[:, other], reference[POINT[other]])
                if kept.sum() > 1:
                    values = SIGNS[score] * wide.to_numpy()[:, kept]
                    runs = tuple((int(repeat), int(fold)) for repeat, fold in wide.index)
                    yield key, score, axis, Surface(points[kept], values, runs)


def optimum_frame(table: pd.DataFrame, config: NoiseConfig) -> pd.DataFrame:
    """Return the best a and r at each level, with bootstrap intervals over folds and seeds.

    ``support`` is the share of bootstrap samples in which the same point is best. Folds share
    training rows, so intervals of few folds are narrow rather than wide.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        config: Of the study.
    """
    rows = []
    tails = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
    for key, score, axis, surface in surfaces(table, config):
        rng = np.random.default_rng(derive_seed(config.seed, f"{key} {score} {axis}"))
        best, drawn = surface.best(), surface.resampled_best(rng)
        found = surface.points[drawn]
        low, high = np.quantile(found, tails, axis=0, method="inverted_cdf")
        a, r = surface.points[best]
        value = SIGNS[score] * surface.scores[:, best].mean()
        support = float(np.mean(drawn == best))
        interval = a, low[0], high[0], r, low[1], high[1]
        counts = len(surface.points), len(surface.scores)
        rows.append((*key, score, axis, *interval, value, support, *counts))
    return pd.DataFrame(rows, columns=OPTIMUM)


def moves_frame(table: pd.DataFrame, config: NoiseConfig) -> pd.DataFrame:
    """Return what is gained at each level by choosing a and r there, not at a quieter one.

    Quieter is the same without noise, without shots, or without both, by ``cause``. Choosing and
    comparing on the same folds would flatter the choice. So for each fold both points are chosen on
    all others, and compared on this one; ``gain`` is the mean, oriented so that more is better,
    tested by the corrected resampled t-test. An optimum that moves gains.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        config: Of the study.
    """
    found = {(key, score, axis): each for key, score, axis, each in surfaces(table, config)}
    start = len(MODEL) + 1
    quiet = {
        (key[:start], key[-1], score, axis): each
        for (key, score, axis), each in found.items()
        if key[-2] == 0
    }
    rows = []
    for (key, score, axis), noisy in found.items():
        for cause, shots in _causes(key[-2] != 0, key[-1]):
            still = quiet.get((key[:start], shots, score, axis))
            if still is None or len(noisy.runs) < 3 or still.runs != noisy.runs:
                continue
            gains = [
                scores[noisy.best_without(run)] - scores[still.best_without(run)]
                for run, scores in enumerate(noisy.scores)
            ]
            mean = corrected_mean(np.array(gains), config.folds)
            points = (*still.points[still.best()], *noisy.points[noisy.best()])
            test = mean.low, mean.high, mean.p, mean.p, len(gains)
            rows.append((*key, cause, score, axis, *points, mean.value, *test))
    return with_q(pd.DataFrame(rows, columns=MOVES))


def _causes(noise: bool, shots: object) -> Iterator[tuple[str, object]]:
    """Yield what a level has that quieter ones lack, and the number of shots of those."""
    if noise:
        yield NOISE, shots
    if shots:
        yield (BOTH if noise else SHOTS), 0
