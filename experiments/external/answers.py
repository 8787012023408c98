"""What the study of external cohorts found, in sentences made from its tables."""

from collections.abc import Iterator

import pandas as pd

from qkdrp.experiments.external.cohorts import ALL
from qkdrp.experiments.external.comparisons import LEAST_SAMPLES, POOLED, REFERENCE
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.study.text import interval_text, p_equation

LEVEL = 0.05
"""False discovery rate below which a difference over seeds counts as established."""


def by_default(scores: pd.DataFrame, group: str | None = ALL) -> pd.DataFrame:
    """Return the rows of the alignment that is taken by default, of one group or of each."""
    rows = scores[scores["automatic"].astype(bool)]
    return rows if group is None else rows[rows["group"] == group]


def answers(scores: pd.DataFrame, comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield what was found: how well predictions rank, which model is better, what aligning does.

    Args:
        scores: As :func:`~.scores.scores_frame` returns them.
        comparisons: As :func:`~.comparisons.comparisons_frame` returns them.
    """
    yield from _ranking(by_default(scores))
    yield from _differences(comparisons)
    yield from _alignments(scores)


def _ranking(rows: pd.DataFrame) -> Iterator[str]:
    """Yield how each model ranks samples, by default alignment and number of measurements."""
    rows = rows[rows["spearman"].notna()]
    places = rows.groupby(["cohort", "drug"], sort=False).agg(
        n=("n_measured", "max"), align=("align", "first")
    )
    large = places["n"] >= LEAST_SAMPLES
    for align, enough in dict.fromkeys(zip(places["align"], large, strict=True)):
        names = places.index[(places["align"] == align) & (large == enough)]
        parts = []
        for model in rows["model"].unique():
            own = rows[rows["model"] == model].set_index(["cohort", "drug"])
            own = own[own.index.isin(names)]
            above = int((own["spearman_low"] > 0).sum())
            parts.append(f"{contender(model).label} {own['spearman'].mean():.2f} ({above})")
        shown = ", ".join(f"{cohort} {drug}" for cohort, drug in names)
        size = f"{LEAST_SAMPLES} or more" if enough else f"fewer than {LEAST_SAMPLES}"
        yield (
            f"Rank correlation, align {align}, {size} samples ({shown}), mean and in brackets the "
            f"intervals above 0 of {len(names)}: {', '.join(parts)}."
        )


def _differences(comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield whether the reference differs from each other model."""
    single = comparisons[(comparisons["cohort"] != POOLED) & (comparisons["group"] == ALL)]
    for other in single["other"].unique():
        rows = single[single["other"] == other]
        sure = rows["q"] < LEVEL
        up, down = (int((sure & (sign * rows["difference"] > 0)).sum()) for sign in (1, -1))
        lasting = int(((rows["low"] > 0) | (rows["high"] < 0)).sum())
        text = (
            f"{contender(REFERENCE).label} against {contender(other).label}: over seeds better in "
            f"{up} and worse in {down} of {len(rows)} (q < {LEVEL}); in {lasting} would the "
            "difference hold on other samples (interval over seeds and samples without 0)"
        )
        pooled = comparisons[(comparisons["cohort"] == POOLED) & (comparisons["other"] == other)]
        for row in pooled.to_dict("records"):
            both = interval_text(row["low"], row["high"], "+.3f")
            text += (
                f"; mean difference where align is {row['align']}: {row['difference']:+.3f}{both}, "
                f"over seeds alone {p_equation('p', row['p'])}"
            )
        yield f"{text}."


def _alignments(scores: pd.DataFrame) -> Iterator[str]:
    """Yield what each alignment gives, over the cohorts that are on another scale."""
    rows = scores[(scores["group"] == ALL) & scores["spearman"].notna()]
    none_taken = rows[rows["automatic"].astype(bool) & (rows["align"] == "none")]
    same = set(zip(none_taken["cohort"], none_taken["drug"], strict=True))
    places = list(zip(rows["cohort"], rows["drug"], strict=True))
    rows = rows[[place not in same for place in places]]
    if len(rows["align"].unique()) < 2:
        return
    means = rows.groupby(["model", "align"], sort=False)["spearman"].mean()
    parts = []
    for model in rows["model"].unique():
        found = ", ".join(f"{align} {means[model, align]:.2f}" for align in rows["align"].unique())
        parts.append(f"{contender(model).label}: {found}")
    cohorts = ", ".join(rows["cohort"].unique())
    yield f"Alignment on other platforms ({cohorts}), mean rank correlation. {'; '.join(parts)}."
