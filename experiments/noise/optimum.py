"""The best a and r at each level of noise, and tests of whether they move."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.intervals import CONFIDENCE, RANGES, differences
from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.noise.changes import TEST, with_q
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.evaluation import SCORES
from qkdrp.experiments.noise.table import LEVEL, MODEL, POINT, RUN
from qkdrp.experiments.study.statistics import corrected_mean, freedom, tells, variance_factor

DRAWS = 2000
"""Draws of the mean scores of all points."""

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

    def drawn_best(self, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the best points of draws of the mean scores, shape (n_draws,).

        Means are drawn together from Student's distribution, with the variance and the degrees of
        freedom of :func:`~qkdrp.experiments.study.statistics.corrected_mean`. Of a single
        difference between points this is the correlated t-test of Corani and Benavoli (2015).

        Args:
            folds: Number of folds of one repeat.
            rng: Where the draws come from.
        """
        n, mean = len(self.scores), self.scores.mean(axis=0)
        degrees = freedom(n, folds)
        stretch = np.sqrt(degrees / rng.chisquare(degrees, (DRAWS, 1)))
        weights = rng.normal(size=(DRAWS, n)) * np.sqrt(variance_factor(n, folds) / (n - 1))
        return np.asarray(np.argmax(mean + stretch * weights @ (self.scores - mean), axis=1))


def surfaces(
    table: pd.DataFrame, config: NoiseConfig
) -> Iterator[tuple[tuple[object, ...], str, str, Surface]]:
    """Yield model and level, score, axis and surface, wherever there are two points or more.

    Runs in which a point is missing are left out.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        config: Of the study.
    """
    for key, group in table.groupby([*MODEL, *LEVEL], dropna=False, sort=False):
        if group[POINT].isna().any(axis=None):
            continue
        for score, axis in product(SCORES, AXES):
            surface = _surface(group, score, axis, config)
            if surface is not None:
                yield key, score, axis, surface


def _surface(group: pd.DataFrame, score: str, axis: str, config: NoiseConfig) -> Surface | None:
    """Return the scores of one level along an axis; None where there are fewer than two points."""
    wide = group.pivot_table(index=RUN, columns=POINT, values=score).dropna()
    if wide.empty:
        return None
    points = np.array([tuple(each) for each in wide.columns], dtype=float)
    kept = np.full(len(points), True)
    if axis != "both":
        reference = {"a": config.reference_a, "r": config.reference_r}
        other = 1 - POINT.index(axis)
        kept = np.isclose(points[:, other], reference[POINT[other]])
    if kept.sum() < 2:
        return None
    runs = tuple((int(repeat), int(fold)) for repeat, fold in wide.index)
    return Surface(points[kept], SIGNS[score] * wide.to_numpy()[:, kept], runs)


def optimum_frame(table: pd.DataFrame, config: NoiseConfig) -> pd.DataFrame:
    """Return the best a and r at each level, with 95% intervals over folds and seeds.

    Intervals are those of the best points of drawn means, see :meth:`Surface.drawn_best`;
    ``support`` is the share of draws in which the same point is best. Both are missing for fewer
    than three folds.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        config: Of the study.
    """
    rows = []
    tails = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
    for key, score, axis, surface in surfaces(table, config):
        rng = np.random.default_rng(derive_seed(config.seed, f"{key} {score} {axis}"))
        best = surface.best()
        low, high, support = np.full(2, np.nan), np.full(2, np.nan), np.nan
        if tells(len(surface.runs), config.folds):
            drawn = surface.drawn_best(config.folds, rng)
            found = surface.points[drawn]
            low, high = np.quantile(found, tails, axis=0, method="inverted_cdf")
            support = float(np.mean(drawn == best))
        a, r = surface.points[best]
        value = SIGNS[score] * surface.scores[:, best].mean()
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
            mean = corrected_mean(np.array(gains), config.folds, differences(RANGES[score]))
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
