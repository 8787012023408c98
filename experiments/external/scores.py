"""Scores of models on external cohorts, as a table: mean over seeds, and of all seeds together."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.intervals import varies
from qkdrp.experiments.external.plan import ExternalPlan
from qkdrp.experiments.external.tasks import CohortPredictions
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.systems.response.new_samples.alignment_names import ALIGNMENT_NAMES
from qkdrp.systems.response.new_samples.outcomes import (
    LEAST_RELATED,
    MEASURE,
    RESPONDER,
    score_outcomes,
)

Reals = NDArray[np.float64]

SCORES = ("spearman", "auc", "aupr")
"""Scores by their keys; intervals are of the mean prediction over seeds."""

COLUMNS = [
    *("cohort", "drug", "group", "align", "automatic", "model", "n_seeds"),
    *("n_measured", "n_letters", "n_responder"),
    *(f"{score}{end}" for score in SCORES for end in ("", "_low", "_high", "_mean", "_sd")),
]


@dataclass(frozen=True, eq=False)
class Place:
    """One cohort, drug and group with one alignment, and what each model says of its samples.

    Args:
        cohort: Name of the cohort.
        drug: The drug.
        group: Of samples.
        align: The alignment.
        automatic: Whether it is the one that most trainings would take by default.
        outcomes: Of the samples.
        predicted: Of each model, shape (n_seeds, n_samples).
    """

    cohort: str
    drug: str
    group: str
    align: str
    automatic: bool
    outcomes: pd.DataFrame
    predicted: dict[str, Reals]

    @property
    def key(self) -> dict[str, Any]:
        """What names it in tables."""
        names = ("cohort", "drug", "group", "align", "automatic")
        return {name: getattr(self, name) for name in names}

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Which samples have a measure."""
        return self.outcomes[MEASURE].notna().to_numpy(bool)

    @property
    def scored(self) -> bool:
        """Whether there are enough samples for any score."""
        flags = self.outcomes[RESPONDER].dropna().astype(bool)
        ranked = self.outcomes[MEASURE].dropna().to_numpy(float)
        related = len(ranked) >= LEAST_RELATED and varies(ranked)
        return related or 0 < int(flags.sum()) < len(flags)


def places(plan: ExternalPlan, findings: Findings) -> Iterator[Place]:
    """Yield what was predicted, where at least one model has a result, groups apart."""
    for name, external in plan.externals.items():
        for drug in plan.config.drugs:
            if drug in external.outcomes:
                yield from _of_drug(plan, findings, name, drug)


def _of_drug(plan: ExternalPlan, findings: Findings, name: str, drug: str) -> Iterator[Place]:
    external = plan.externals[name]
    ids = external.scored(drug, plan.cohorts[drug].samples)
    outcomes = external.outcomes[drug].loc[pd.Index(ids)]
    found = _predictions(plan, findings, name, drug)
    results = [each for own in found.values() for each in own]
    if not results:
        return
    chosen = Counter(each.chosen for each in results).most_common(1)[0][0]
    aligned = [
        align for align in ALIGNMENT_NAMES if all(align in each.by_align for each in results)
    ]
    for align, (group, rows) in product(aligned, external.groups_of(ids).items()):
        values = {
            model: np.array([each.by_align[align] for each in own])[:, rows]
            for model, own in found.items()
        }
        place = Place(name, drug, group, align, chosen == align, outcomes[rows], values)
        if place.scored:
            yield place


def _predictions(
    plan: ExternalPlan, findings: Findings, name: str, drug: str
) -> dict[str, list[CohortPredictions]]:
    """Return what each model predicts of a cohort, by seed; models without results are left out."""
    found = {}
    for model in plan.config.models:
        results = plan.results(drug, model, findings)
        own = [each for one in results for each in one.predictions if each.cohort == name]
        if own:
            found[model] = own
    return found


def scores_frame(found: list[Place]) -> pd.DataFrame:
    """Return one row per place and model.

    A score with its interval is of the mean prediction over seeds, whose interval is over samples;
    ``_mean`` and ``_sd`` are over the scores of single seeds.
    """
    rows = [_row(place, model) for place in found for model in place.predicted]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(place: Place, model: str) -> dict[str, Any]:
    values = place.predicted[model]
    whole = score_outcomes(values.mean(axis=0), place.outcomes)
    single = [score_outcomes(each, place.outcomes) for each in values] if len(values) > 1 else []
    row = {**place.key, "model": model, "n_seeds": len(values)}
    row |= {name: whole[name] for name in ("n_measured", "n_letters", "n_responder")}
    for score in SCORES:
        row[score] = whole.get(score)
        low, high = whole.get(f"{score}_ci") or (None, None)
        row |= {f"{score}_low": low, f"{score}_high": high}
        each = [one[score] for one in single if one.get(score) is not None]
        if len(each) > 1:
            row |= {f"{score}_mean": np.mean(each), f"{score}_sd": np.std(each, ddof=1)}
    return row
