"""What noise changes: errors and doses at each scale, against the same model without noise."""

import math
from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from qkdrp.common.intervals import REAL_LINE
from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.differences import compared
from qkdrp.experiments.pkpd.cv.pooled import ENDPOINTS, Pooled, pooled_tables
from qkdrp.experiments.pkpd.cv.shown import Difference
from qkdrp.experiments.pkpd.cv.tasks import table_of
from qkdrp.experiments.pkpd.noise.plan import NoisePlan, level_at
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.statistics import corrected_mean


def errors_frame(plan: NoisePlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each model, endpoint and scale: scaled RMSE, and its change by the noise.

    Args:
        plan: The study.
        findings: Its results.
    """
    rows = []
    for variant in plan.variants:
        found = {scale: _pooled(plan, variant, scale, findings) for scale in plan.config.scales}
        without = found[0.0]
        there = {scale: own for scale, own in found.items() if own is not None}
        if without is None:
            continue
        for endpoint, (scale, own) in product(ENDPOINTS, there.items()):
            row = compared(own.part(endpoint), without.part(endpoint))
            key = {"model": variant.name, "endpoint": endpoint, "scale": scale}
            rows += [] if row is None else [{**key, **row}]
    return pd.DataFrame(rows)


def _pooled(plan: NoisePlan, variant: Variant, scale: float, findings: Findings) -> Pooled | None:
    seeds = [plan.levels(variant, number, findings) for number in range(plan.config.seeds)]
    return pooled_tables(
        [[table_of(level_at(each, scale).rows) for each in folds] for folds in seeds if folds]
    )


def doses_frame(plan: NoisePlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each dose that was found: model, fold, seed, scale, dose.

    Args:
        plan: The study.
        findings: Its results.
    """
    rows = [row for variant in plan.variants for row in _doses(plan, variant, findings)]
    return pd.DataFrame(rows, columns=[*DOSE_KEY, "dose", "exact", "share"])


def _doses(plan: NoisePlan, variant: Variant, findings: Findings) -> Iterator[dict[str, object]]:
    for number in range(plan.config.seeds):
        for fold, result in enumerate(plan.levels(variant, number, findings)):
            for level in result.levels:
                if level.dose is not None:
                    key = (variant.name, fold, number, level.scale)
                    yield dict(zip(DOSE_KEY, key, strict=True)) | level.dose.model_dump()


DOSE_KEY = ["model", "fold", "seed", "scale"]
"""What names a dose."""


def error_sentences(errors: pd.DataFrame) -> Iterator[str]:
    """Yield what each scale of noise does to each error.

    Args:
        errors: As :func:`errors_frame` returns them.
    """
    for row in errors.to_dict("records") if len(errors) else ():
        if row["scale"]:
            found = Difference.read(row)
            yield (
                f"{Variant(row['model']).label}, {row['endpoint']} at noise scale "
                f"{row['scale']:g} against none: {found.text()}; {found.verdict}."
            )


def dose_sentences(doses: pd.DataFrame) -> Iterator[str]:
    """Yield what each scale of noise does to the chosen dose, over folds.

    Args:
        doses: As :func:`doses_frame` returns them.
    """
    for model, own in doses.groupby("model", sort=False):
        table = own.pivot_table(
            index=["seed", "fold"], columns="scale", values="exact", dropna=False
        )
        label = Variant(str(model)).label
        for scale in map(float, table.columns):
            known = table[scale].dropna()
            missing = len(table) - len(known)
            text = f"{label} at noise scale {scale:g}: "
            text += (
                f"dose {known.median():.3g} mg (median of {len(known)} folds, "
                f"{known.min():.3g} to {known.max():.3g})"
                if len(known)
                else "no dose"
            )
            text += f", no dose is enough in {missing}" if missing and len(known) else ""
            yield f"{text}{_change(table, scale)}."


def _change(table: pd.DataFrame, scale: float) -> str:
    """Return by what factor noise changes the dose, with its interval over folds."""
    if not scale:
        return ""
    both = table[[0.0, scale]].dropna()
    both = both[(both > 0).all(axis=1)]
    if not len(both):
        return ""
    ratios = np.log(both[scale].to_numpy(float) / both[0.0].to_numpy(float))
    n_folds = both.index.get_level_values("fold").nunique()
    mean = corrected_mean(ratios, n_folds, REAL_LINE)
    ends = (
        "" if math.isnan(mean.low) else f" (95% {np.exp(mean.low):.2f} to {np.exp(mean.high):.2f})"
    )
    return f"; {np.exp(mean.value):.2f} times that without noise{ends}"
