"""Tables of a study of pairs: scores by network, and networks in pairs."""

from collections.abc import Mapping

import pandas as pd

from qkdrp.experiments.pairs.contenders import HYBRID
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.setups import Place
from qkdrp.experiments.pairs.tasks import SYSTEM
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.score_tables import FoldScores, means_frame, pairs_frame
from qkdrp.experiments.study.statistics import adjusted
from qkdrp.systems.registry import find_system

LIKE_FOLDS = 5
"""Each seed leaves out a fifth as many pairs as it trains on, like one fold of five."""

OTHERS = ("additive_ridge", "drug_mean")
"""Baselines that networks are compared with, too."""


def scores_at(plan: PairPlan, findings: Findings, place: Place) -> FoldScores:
    """Return the scores of each network and baseline of a place by seed."""
    return {
        setup.variant: {
            (number, 0): result.scores for number, result in plan.results(setup, findings).items()
        }
        for setup in plan.at(place)
    }


def scores_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each place, network and score: its mean over seeds with an interval."""
    system = find_system(SYSTEM)
    return _by_place(
        {p: means_frame(system, scores_at(plan, findings, p), LIKE_FOLDS) for p in plan.places()}
    )


def comparisons_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each place, score, reference and other network: reference minus other.

    References are the paper's network and, for what any network is worth, simple baselines. ``q``
    is p adjusted for all rows of one score.
    """
    system, found = find_system(SYSTEM), {}
    for place in plan.places():
        scores = scores_at(plan, findings, place)
        frames = [
            pairs_frame(system, scores, LIKE_FOLDS, reference)
            for reference in (HYBRID, *OTHERS)
            if scores.get(reference)
        ]
        found[place] = pd.concat(frames) if frames else pd.DataFrame()
    frame = _by_place(found)
    if frame.empty:
        return frame
    twice = frame["reference"].isin(OTHERS) & frame["other"].isin((HYBRID, *OTHERS))
    frame = frame[~twice].reset_index(drop=True)
    by_score = frame.groupby("score", sort=False)["p"]
    return frame.assign(q=by_score.transform(adjusted))


def _by_place(frames: Mapping[Place, pd.DataFrame]) -> pd.DataFrame:
    found = []
    for place, frame in frames.items():
        for column, value in reversed(
            [("split", place.split), ("size", place.size), ("data", place.data)]
        ):
            frame.insert(0, column, value)
        found.append(frame)
    return pd.concat(found, ignore_index=True)
