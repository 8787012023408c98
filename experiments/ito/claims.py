"""Claims of the paper, and the questions of the controls, answered in sentences."""

import math
from collections.abc import Iterator

import pandas as pd

from qkdrp.experiments.ito.comparisons import Tally, Variant, tally, variant_name
from qkdrp.experiments.ito.contenders import CONTROLS, contender
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.published import published


def claims(plan: ItoPlan, comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each comparison that the paper prints numbers for."""
    table, study = plan.study.table, plan.study
    if table is None:
        return
    column = study.axis or "model"
    printed = published(table).pivot_table(index="drug", columns=column, values="auc")
    comparisons = comparisons[comparisons["drug"].isin(printed.index)]
    reference = _column(printed, study.reference)
    for other in dict.fromkeys(comparisons["other"]):
        column_of_other = _column(printed, other)
        found = tally(comparisons, other)
        if reference is None or column_of_other is None or found is None:
            continue
        above = int((reference > column_of_other).sum())
        yield (
            f"**{variant_name(plan, study.reference)} against {variant_name(plan, other)}.** "
            f"Printed: above in {above} of {len(printed)} drugs (single test AUCs). Here: "
            f"{found.words()}. {_verdict(found, claimed_above=2 * above > len(printed))}"
        )


def controls(comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each control: does the quantum layer do anything?"""
    for name in CONTROLS:
        found = tally(comparisons, name)
        if found is None:
            continue
        yield (
            f"**Against {contender(name).control}.** The moderated hybrid is {found.words()}. "
            f"{_answer(found)}"
        )


def _verdict(found: Tally, *, claimed_above: bool) -> str:
    supports, refutes = found.established, found.refuted
    if not claimed_above:
        supports, refutes = refutes, supports
    if supports and not refutes:
        return f"So the printed order is borne out in {supports} of {found.n} drugs."
    if refutes and not supports:
        return f"So the printed order is contradicted in {refutes} of {found.n} drugs."
    if supports and refutes:
        return "So the printed order depends on the drug."
    return "So the printed order is neither borne out nor contradicted: the folds do not tell."


def _answer(found: Tally) -> str:
    if found.established and not found.refuted:
        return f"The trained circuit adds something in {found.established} of {found.n} drugs."
    if found.refuted and not found.established:
        return f"Here the control does better in {found.refuted} of {found.n} drugs."
    if found.established and found.refuted:
        return "What the trained circuit adds depends on the drug."
    return "Nothing here shows that the trained circuit adds anything."


def _column(printed: pd.DataFrame, variant: Variant) -> pd.Series | None:
    """Return the printed AUCs of a variant by drug; numbers of an axis are told by closeness."""
    values: pd.Series
    for name, values in printed.items():
        numbers = not (isinstance(name, str) or isinstance(variant, str))
        if math.isclose(float(str(name)), float(variant)) if numbers else name == variant:
            return values
    return None
