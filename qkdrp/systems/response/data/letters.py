"""Whether responder labels and measured values tell the same story."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.measures import LN_IC50

CERTAIN = 0.001
"""One-sided p-value of the rank-sum test below which labels and values contradict each other."""


@dataclass(frozen=True)
class LetterDoubt:
    """Responders on the resistant side: with a higher ln IC50, a sample needs more of the drug.

    Args:
        text: What was found, what was expected and what to do, in one sentence.
        certain: Whether chance cannot explain it.
    """

    text: str
    certain: bool


def doubt_letters(cohort: Cohort) -> LetterDoubt | None:
    """Return what speaks against the labels of a cohort, or None.

    Letters may be swapped or values negated (pIC50); every model would then learn the opposite.
    """
    responders, others = cohort.ln_ic50[cohort.responder], cohort.ln_ic50[~cohort.responder]
    if not len(responders) or not len(others):
        return None
    if np.median(responders) <= np.median(others):
        return None
    medians = [float(np.median(cohort.measured[flags])) for flags in _sides(cohort)]
    test = mannwhitneyu(responders, others, alternative="greater")
    measure = cohort.measure
    reason = "since S is sensitive, R is resistant"
    advice = "swap the letters or "
    if measure == LN_IC50:
        reason += " and ln IC50 is no pIC50"
        advice += "negate the values"
    else:
        advice += f"say --direction {'higher' if measure.direction == 'lower' else 'lower'}"
    return LetterDoubt(
        f"the {len(responders)} responders of {cohort.drug} have a median {measure.title} of "
        f"{medians[0]:.2f}, the {len(others)} others of {medians[1]:.2f}; expected "
        f"{measure.direction} values of responders, {reason}: {advice}",
        bool(test.pvalue < CERTAIN),
    )


def _sides(cohort: Cohort) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return cohort.responder, ~cohort.responder


def refuse_swapped_letters(cohort: Cohort) -> None:
    """Raise where labels and values contradict each other beyond doubt.

    Raises:
        DataError: With both medians and what to do.
    """
    doubt = doubt_letters(cohort)
    if doubt is not None and doubt.certain:
        raise DataError(f"{cohort.provenance}: {doubt.text}.")
