"""How well several runs agree on which features count."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import stats

from qkdrp.runs.explain.importance import Reals


class Agreement(NamedTuple):
    """How well pairs of runs agree: over all pairs, the mean, the smallest and the largest."""

    mean: float
    low: float
    high: float


class Stability(NamedTuple):
    """How stable importances are over runs.

    Args:
        n_runs: Runs that are compared.
        n_features: Features that all of them have.
        top: Features that count as the most important ones.
        rank_correlation: Spearman's, of the importances of two runs.
        overlap: Share of the most important features of two runs that both have.
        overlap_by_chance: What the overlap of two random orders is on average.
    """

    n_runs: int
    n_features: int
    top: int
    rank_correlation: Agreement | None
    overlap: Agreement
    overlap_by_chance: float


def stability(importances: Reals, top: int) -> Stability | None:
    """Return how well runs agree; None for one run, or without features that all of them have.

    Args:
        importances: Shape (n_features, n_runs); NaN where a run has no such feature.
        top: Features that count as the most important ones.
    """
    common = importances[~np.isnan(importances).any(axis=1)].T
    n_runs, n_features = common.shape
    if n_runs < 2 or n_features == 0:
        return None
    top = min(top, n_features)
    pairs = list(combinations(common, 2))
    best = [set(np.argsort(-each, kind="stable")[:top].tolist()) for each in common]
    shared = [len(one & other) / top for one, other in combinations(best, 2)]
    varying = all(np.ptp(each) > 0 for each in common)
    return Stability(
        n_runs=n_runs,
        n_features=n_features,
        top=top,
        rank_correlation=_over_pairs(
            [float(stats.spearmanr(one, other).statistic) for one, other in pairs]
        )
        if varying
        else None,
        overlap=_over_pairs(shared),
        overlap_by_chance=top / n_features,
    )


def _over_pairs(values: list[float]) -> Agreement:
    return Agreement(float(np.mean(values)), min(values), max(values))
