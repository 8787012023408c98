"""Paired comparisons of models on external cohorts, over seeds, and over seeds and samples."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from qkdrp.common.intervals import CONFIDENCE, RANGES, differences, mean_interval, varies
from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.external.cohorts import ALL
from qkdrp.experiments.external.scores import Place
from qkdrp.experiments.study.statistics import LEAST_P, adjusted
from qkdrp.systems.response.new_samples.outcomes import MEASURE

Reals = NDArray[np.float64]

REFERENCE = "moderated"
"""The model that others are compared with: the paper's."""

LEAST_SAMPLES = 30
"""Samples that a comparison is made on."""

POOLED = "mean"
"""What a row over cohorts and drugs is called, those of one default alignment."""

COLUMNS = [
    *("cohort", "drug", "group", "align", "reference", "other", "difference"),
    *("seeds_low", "seeds_high", "p", "q", "low", "high", "n_seeds", "n_samples"),
]


def rank_correlations(values: Reals, measure: Reals) -> Reals:
    """Return Spearman's correlation of each row with a measure, 0 for a row without spread.

    Args:
        values: Shape (n_rows, n_samples).
        measure: Shape (n_samples,).
    """
    left = stats.rankdata(values, axis=-1)
    right = stats.rankdata(measure)
    left = left - left.mean(axis=-1, keepdims=True)
    right = right - right.mean()
    size = np.sqrt((left**2).sum(axis=-1) * (right**2).sum())
    return np.asarray(np.divide(left @ right, size, out=np.zeros(len(left)), where=size > 0))


def comparisons_frame(found: list[Place], draws: int, seed: int) -> pd.DataFrame:
    """Return one row per place of the default alignment and other model: reference minus other.

    ``seeds_low`` to ``seeds_high`` and ``p`` are of the paired t-test over seeds, on these very
    samples; a baseline without seeds is compared with each. ``q`` is p adjusted for all rows
    (Benjamini and Hochberg). ``low`` to ``high`` are percentiles of a bootstrap that draws samples
    and seeds: what may be expected of other samples. Small places are left out. Rows over
    all places of one default alignment follow, whose samples are drawn in each: no alignment where
    cohorts are on the platform of the training, another one where they are not.

    Args:
        found: Places.
        draws: Of the bootstrap.
        seed: Of the study.
    """
    chosen = [place for place in found if place.automatic and _comparable(place)]
    drawn = [(place, _Draws(place, draws, seed)) for place in chosen]
    rows = [
        {**place.key, **_compared([of_place], other)}
        for place, of_place in drawn
        for other in place.predicted
        if other != REFERENCE
    ]
    for align in dict.fromkeys(place.align for place in chosen):
        whole = [each for place, each in drawn if (place.align, place.group) == (align, ALL)]
        rows += _pooled(align, whole)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(q=adjusted(frame["p"].astype(float)))


def _pooled(align: str, whole: list["_Draws"]) -> list[dict[str, object]]:
    """Return the rows over all cohorts and drugs of one alignment; none for a single place."""
    if len(whole) < 2:
        return []
    shared = [model for model in whole[0].scores if all(model in each.scores for each in whole)]
    return [
        {"cohort": POOLED, "group": ALL, "align": align, **_compared(whole, other)}
        for other in shared
        if other != REFERENCE
    ]


def _comparable(place: Place) -> bool:
    enough = int(place.measured.sum()) >= LEAST_SAMPLES
    return enough and REFERENCE in place.predicted and len(place.predicted) > 1


class _Draws:
    """Rank correlations of one place, measured and in bootstrap draws.

    Args:
        place: The place.
        draws: Number of draws.
        seed: Of the study; draws of samples are shared by models, those of seeds, too.
    """

    def __init__(self, place: Place, draws: int, seed: int) -> None:
        measured = place.measured
        measure = place.outcomes[MEASURE].to_numpy(float)[measured]
        values = {model: each[:, measured] for model, each in place.predicted.items()}
        self.n_samples = len(measure)
        self.scores = {model: rank_correlations(v, measure) for model, v in values.items()}
        rng = np.random.default_rng(derive_seed(seed, f"{place.cohort} {place.drug}"))
        of_seeds = np.random.default_rng(derive_seed(seed, "seeds"))  # the same in each place
        stacked = np.concatenate(list(values.values()))
        sizes = [len(each) for each in values.values()]
        seeds = max(sizes)
        self.drawn = {model: np.empty(draws) for model in values}
        for number in range(draws):
            rows = rng.integers(self.n_samples, size=self.n_samples)
            which = of_seeds.integers(seeds, size=seeds)
            found = np.split(
                rank_correlations(stacked[:, rows], measure[rows]), np.cumsum(sizes)[:-1]
            )
            for model, each in zip(values, found, strict=True):
                self.drawn[model][number] = each[which % len(each)].mean()

    def by_seed(self, other: str) -> Reals:
        """Return reference minus other for each seed."""
        left, right = self.scores[REFERENCE], self.scores[other]
        n = len(left) if len(right) == 1 else min(len(left), len(right))
        return np.asarray(left[:n] - (right if len(right) == 1 else right[:n]))


def _compared(drawn: list[_Draws], other: str) -> dict[str, object]:
    """Return a comparison over places, whose seeds are the same."""
    n = min(len(each.by_seed(other)) for each in drawn)
    by_seed = np.mean([each.by_seed(other)[:n] for each in drawn], axis=0)
    found = np.mean([each.drawn[REFERENCE] - each.drawn[other] for each in drawn], axis=0)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    seeds = mean_interval(by_seed, differences(RANGES["spearman"])) or (math.nan, math.nan)
    p = math.nan
    if not math.isnan(seeds[0]) and varies(by_seed):
        p = max(float(stats.ttest_1samp(by_seed, 0.0).pvalue), LEAST_P)
    return {
        "reference": REFERENCE,
        "other": other,
        "difference": float(by_seed.mean()),
        "seeds_low": seeds[0],
        "seeds_high": seeds[1],
        "p": p,
        "low": float(low),
        "high": float(high),
        "n_seeds": n,
        "n_samples": sum(each.n_samples for each in drawn),
    }
