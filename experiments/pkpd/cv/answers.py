"""What the study found, in sentences made from its tables."""

import math
from collections.abc import Iterator

import pandas as pd

from qkdrp.experiments.pkpd.cv.circuit_comparisons import comparisons, summary
from qkdrp.experiments.pkpd.cv.contenders import (
    DENSE,
    DOSE_TIME_MEAN,
    LINEAR,
    MECHANISTIC,
    QUANTUM,
    Variant,
)
from qkdrp.experiments.pkpd.cv.pooled import ENDPOINTS
from qkdrp.experiments.pkpd.cv.shown import Difference, scores_of, value_of

SCORED = (("PK", False), ("PD", False), ("PD", True))
"""Endpoints without PD0, and the biomarker with it: PD0 is of the biomarker alone."""

MECHANISMS = (MECHANISTIC, LINEAR, QUANTUM)

AIMS = (
    ("PK", False, 0.29, MECHANISMS),
    ("PD", False, 0.47, MECHANISMS),
    ("PD", True, 0.31, MECHANISMS),
    ("PD", True, 0.38, ("resqnn_moe",)),
)
"""Largest scaled RMSE that this project set itself on the embedded trial: endpoint, PD0, error, and
the models that it is for."""


def answers(scores: pd.DataFrame, differences: pd.DataFrame, *, aims: bool) -> Iterator[str]:
    """Yield what was found: heads compared, models behind the mean, PD0, aims.

    Args:
        scores: As :func:`~.scores.scores_frame` returns them.
        differences: As :func:`~.differences.differences_frame` returns them.
        aims: Whether the aims apply: they are for all folds of the embedded trial.
    """
    yield from _best(scores)
    yield from _circuits(differences)
    yield from _behind_the_mean(differences)
    yield from _told(differences)
    if aims:
        yield from _aims(scores)


def _best(scores: pd.DataFrame) -> Iterator[str]:
    """Yield the smallest error of each endpoint, of the biomarker without PD0 and with it."""
    variants = [variant for variant, _ in scores_of(scores)]
    for endpoint, told in SCORED:
        alike = [each for each in variants if endpoint == "PK" or each.told == told]
        errors = {each: value_of(scores, each, endpoint) for each in alike}
        known = {each: error for each, error in errors.items() if not math.isnan(error)}
        if len(known) > 1:
            best = min(known, key=lambda each: known[each])
            yield f"Smallest {endpoint} RMSE: {best.label}, {known[best]:.3f}."


def _circuits(differences: pd.DataFrame) -> Iterator[str]:
    """Yield whether circuits do anything, in heads of grey boxes and in networks."""
    found = comparisons(differences)
    if any(each.left.contender.family for each in found):
        yield from summary(found)
    yield from (each.sentence() for each in found if each.right.name != DENSE)


def _behind_the_mean(differences: pd.DataFrame) -> Iterator[str]:
    """Yield the models that are worse than the mean of dose and time, by name, or that none is."""
    rows = differences[differences["right"] == DOSE_TIME_MEAN]
    for endpoint in ENDPOINTS:
        behind = []
        for row in rows[rows["endpoint"] == endpoint].to_dict("records"):
            variant = Variant(str(row["left"]), bool(row["left_pd0"]))
            found = Difference.of(differences, endpoint, variant, Variant(DOSE_TIME_MEAN))
            if found is not None and found.value > 0:
                sure = "" if found.established else ", not established"
                behind.append(f"{variant.label} is worse than that ({found.text()}{sure})")
        mean = rows.loc[rows["endpoint"] == endpoint, "right_value"]
        if len(mean):
            listed = "; ".join(behind) or "no model is worse than that"
            yield f"{endpoint}, the mean of dose and time has {float(mean.iloc[0]):.3f}: {listed}."


def _told(differences: pd.DataFrame) -> Iterator[str]:
    """Yield what the biomarker before the first dose does for each model."""
    rows = differences[differences["left"] == differences["right"]]
    parts = []
    for row in rows.to_dict("records"):
        variant = Variant(str(row["left"]))
        shown = f"{variant.label} {row['right_value']:.3f} to {row['left_value']:.3f}"
        ends = f" ({row['low']:+.3f}, {row['high']:+.3f})" if not pd.isna(row["low"]) else ""
        parts.append(f"{shown}{ends}")
    if parts:
        yield (
            "The biomarker before the first dose (PD0) changes the PD RMSE, in brackets the 95% "
            f"interval of the change: {'; '.join(parts)}."
        )


def _aims(scores: pd.DataFrame) -> Iterator[str]:
    """Yield whether the aims of this project on the embedded trial are met."""
    for endpoint, told, aim, names in AIMS:
        parts = []
        for name in names:
            variant = Variant(name, told)
            error = value_of(scores, variant, endpoint)
            if not math.isnan(error):
                parts.append(f"{variant.label} {error:.3f}, {'met' if error <= aim else 'MISSED'}")
        if parts:
            yield f"Aim of this project, {endpoint} RMSE at most {aim:.2f}: {'; '.join(parts)}."
