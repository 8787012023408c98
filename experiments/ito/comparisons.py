"""Paired comparisons of models over the same folds, with p adjusted for several tests."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from qkdrp.common.intervals import RANGES
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.ito.grid import Configuration
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.statistics import adjusted, paired_mean

LEVEL = 0.05
"""False discovery rate below which a difference counts as established."""

COLUMNS = ["drug", "reference", "other", "difference", "se", "low", "high", "p", "q", "n_runs"]

Variant = str | float
"""What tells results apart: a model, or a value of the axis that a study sweeps."""


def variant_of(plan: ItoPlan, found: Configuration) -> Variant:
    """Return the variant that a configuration is."""
    axis = plan.study.axis
    if axis is None or axis not in contender(found.model).axes:
        return found.model
    value: float = getattr(found, axis)
    return value


def variant_name(plan: ItoPlan, variant: Variant) -> str:
    """Return how a variant is called in tables and figures."""
    if isinstance(variant, str):
        return contender(variant).label
    shown = f"{variant / np.pi:g} pi" if plan.study.axis == "r" else f"{variant:g}"
    return f"{plan.study.axis} = {shown}"


def variants(plan: ItoPlan, findings: Findings) -> dict[tuple[str, Variant], Configuration]:
    """Return the configuration that stands for each drug and variant: the best of a model."""
    shown = plan.best(findings) if plan.study.axis is None else plan.configurations
    if not plan.study.folds:
        shown = plan.configurations
    return {(found.drug, variant_of(plan, found)): found for found in shown}


def comparisons_frame(plan: ItoPlan, findings: Findings) -> pd.DataFrame:
    """Return one row per drug and pair: reference minus other, by the corrected t-test.

    ``p`` is two-sided; ``q`` is p adjusted for all rows of the table (Benjamini and Hochberg).
    Both are missing where the folds do not tell, see
    :func:`~qkdrp.experiments.study.statistics.corrected_mean`. Models are compared at their best
    configurations and the best epochs of their mean curves.
    """
    found, rows = variants(plan, findings), []
    for (drug, variant), configuration in found.items():
        reference = found.get((drug, plan.study.reference))
        if reference is None or variant == plan.study.reference:
            continue
        left, right = (plan.best_values(c, findings) for c in (reference, configuration))
        mean, n_runs = paired_mean(left, right, plan.config.folds, RANGES["auc"])
        if not n_runs:
            continue
        pair = drug, plan.study.reference, variant
        q = mean.p  # adjusted below, when all are known
        rows.append((*pair, mean.value, mean.se, mean.low, mean.high, mean.p, q, n_runs))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(q=adjusted(frame["p"]))


@dataclass(frozen=True)
class Tally:
    """How a comparison came out over drugs.

    Args:
        n: Drugs.
        above: Drugs in which the reference is above the other.
        established: Of these, where the difference is established.
        refuted: Drugs in which it is established that the reference is below.
        mean: Mean difference of the AUC.
    """

    n: int
    above: int
    established: int
    refuted: int
    mean: float

    def words(self) -> str:
        """Return the tally as part of a sentence."""
        return (
            f"above in {self.above} of {self.n} drugs, mean difference {self.mean:+.3f}; "
            f"established (q < {LEVEL}) as above in {self.established} and as below in "
            f"{self.refuted}"
        )


def tally(comparisons: pd.DataFrame, other: Variant) -> Tally | None:
    """Return how the reference came out against another variant; None where nobody looked."""
    rows = comparisons[comparisons["other"] == other]
    if rows.empty:
        return None
    sure = rows["q"] < LEVEL
    return Tally(
        n=len(rows),
        above=int((rows["difference"] > 0).sum()),
        established=int((sure & (rows["difference"] > 0)).sum()),
        refuted=int((sure & (rows["difference"] < 0)).sum()),
        mean=float(rows["difference"].mean()),
    )
