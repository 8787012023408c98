"""Whether responder labels and ln IC50 tell the same story."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import mannwhitneyu

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.cohort import Cohort

CERTAIN = 0.001
"""One-sided p-value of the rank-sum test below which labels and values contradict each other."""


@dataclass(frozen=True)
class LetterDoubt:
    """Responders with a higher ln IC50 than the others: a sensitive sample needs less of the drug.

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
    medians = float(np.median(responders)), float(np.median(others))
    if medians[0] <= medians[1]:
        return None
    test = mannwhitneyu(responders, others, alternative="greater")
    return LetterDoubt(
        f"the {len(responders)} responders of {cohort.drug} have a median ln IC50 of "
        f"{medians[0]:.2f}, the {len(others)} others of {medians[1]:.2f}; expected lower values of "
        "responders, since S is sensitive, R is resistant and ln IC50 is no pIC50: swap the "
        "letters or negate the values",
        bool(test.pvalue < CERTAIN),
    )


def refuse_swapped_letters(cohort: Cohort) -> None:
    """Raise where labels and values contradict each other beyond doubt.

    Raises:
        DataError: With both medians and what to do.
    """
    doubt = doubt_letters(cohort)
    if doubt is not None and doubt.certain:
        raise DataError(f"{cohort.provenance}: {doubt.text}.")
