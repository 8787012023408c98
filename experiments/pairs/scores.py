"""Tables of a study of pairs: scores by network, and networks in pairs."""

from collections.abc import Mapping

import pandas as pd

from qkdrp.experiments.pairs.contenders import HYBRID, MODERATED
from qkdrp.experiments.pairs.courses import (
    COURSE_SCORES,
    NO_BETTER,
    course_scores,
    no_better_than_the_mean,
)
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.setups import Place
from qkdrp.experiments.pairs.tasks import SYSTEM
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.score_tables import FoldScores, means_frame, pairs_frame
from qkdrp.experiments.study.statistics import adjusted
from qkdrp.systems.registry import find_system

LIKE_FOLDS = 5
"""Each seed leaves out a fifth as many pairs as it trains on, like one fold of five."""

RIDGE = "additive_ridge"
"""The baseline that networks are compared with, too."""

REFERENCES = (HYBRID, MODERATED, RIDGE)
"""What all others are compared with: the paper's network, ours, and that baseline."""

OF_A_SEED = ("mse", "r2", "rmse_ln_ic50", "pearson", "pearson_within_drugs")
"""Scores of the table of seeds."""

PLACE = ["split", "size", "data"]
"""Columns that name a place."""


def scores_at(plan: PairPlan, findings: Findings, place: Place) -> FoldScores:
    """Return the scores of each network and baseline of a place by seed."""
    return {
        setup.variant: {
            (number, 0): result.scores | course_scores(result)
            for number, result in plan.results(setup, findings).items()
        }
        for setup in plan.at(place)
    }


def scores_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each place, network and score: its mean over seeds with an interval."""
    system = find_system(SYSTEM)
    found = {
        place: means_frame(system, scores_at(plan, findings, place), LIKE_FOLDS, COURSE_SCORES)
        for place in plan.places()
    }
    return _by_place(found)


def seeds_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each place, network or baseline, and seed: its scores on the test."""
    rows = [
        {
            "split": place.split,
            "size": place.size,
            "data": place.data,
            "model": setup.variant,
            "seed": plan.config.seed + number,
            **{name: result.scores.get(name) for name in OF_A_SEED},
            NO_BETTER: no_better_than_the_mean(result),
        }
        for place in plan.places()
        for setup in plan.at(place)
        for number, result in plan.results(setup, findings).items()
    ]
    return pd.DataFrame(rows, columns=[*PLACE, "model", "seed", *OF_A_SEED, NO_BETTER])


def comparisons_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each place, score, reference and other network: reference minus other.

    References are :data:`REFERENCES`; two of them are compared once. ``p`` is of the corrected
    resampled t-test over seeds; ``q`` is p adjusted for all rows of one score (Benjamini and
    Hochberg).
    """
    system, found = find_system(SYSTEM), {}
    for place in plan.places():
        scores = scores_at(plan, findings, place)
        frames = []
        for number, reference in enumerate(REFERENCES):
            frame = pairs_frame(system, scores, LIKE_FOLDS, reference, COURSE_SCORES)
            there = frame["other"].isin(REFERENCES[:number])  # the other way round
            frames.append(frame[~there])
        found[place] = pd.concat(frames)
    frame = _by_place(found)
    return frame.assign(q=frame.groupby("score", sort=False)["p"].transform(adjusted))


def _by_place(frames: Mapping[Place, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all places, with columns that name the place first."""
    found = []
    for place, frame in frames.items():
        named = frame.assign(split=place.split, size=place.size, data=place.data)
        found.append(named[[*PLACE, *frame.columns]])
    return pd.concat(found, ignore_index=True)
