"""Splitting a cohort by sample id into training, validation and test rows."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.training.split import Split

TEST_FRACTION, VALIDATION_FRACTION = 0.1, 0.2
"""9:1 for the test, then 4:1 for the validation."""

N_BINS, MIN_BIN_SIZE = 4, 5
"""Strata are equal-width bins of the normalised label; small ones join their neighbour."""

MIN_SAMPLES = 40
"""The least that three parts can be made of, one of each stratum in each."""


def make_split(cohort: Cohort, seed: int, stratify_test: bool = False) -> Split:
    """Split a cohort at random: 9:1 for the test, 4:1 of the rest for the validation.

    The validation is stratified on bins of the normalised label; the test is not, as in the
    paper, unless asked for.

    Args:
        cohort: The samples.
        seed: Of the random split.
        stratify_test: Whether to stratify the test as well.

    Raises:
        DataError: If there are too few samples, ln IC50 does not vary, or the cohort or a part
            of it would hold one class only.
    """
    if len(cohort) < MIN_SAMPLES:
        raise DataError(
            f"{cohort.drug}: found {len(cohort)} samples, expected at least {MIN_SAMPLES} to split."
        )
    n_responder = int(cohort.responder.sum())
    if n_responder in (0, len(cohort)):
        raise DataError(
            f"{cohort.drug}: found {n_responder} responders among {len(cohort)} samples, "
            "expected both classes: check the response letters, or take another drug."
        )
    if np.ptp(cohort.ln_ic50) == 0.0:
        raise DataError(
            f"{cohort.drug}: ln IC50 is {cohort.ln_ic50[0]} for every sample, expected it to vary."
        )
    rows = np.arange(len(cohort))
    rest, test = train_test_split(
        rows,
        test_size=TEST_FRACTION,
        random_state=seed,
        stratify=label_bins(cohort.ln_ic50) if stratify_test else None,
    )
    train, validation = train_test_split(
        rest,
        test_size=VALIDATION_FRACTION,
        random_state=seed,
        stratify=label_bins(cohort.ln_ic50[rest]),
    )
    split = Split(*(cohort.samples[np.sort(part)] for part in (train, validation, test)))
    for name, ids in split.parts().items():
        responders = int(cohort.select(ids).responder.sum())
        if responders in (0, len(ids)):
            raise DataError(
                f"{cohort.drug}: the {name} part holds {responders} responders among {len(ids)} "
                "samples, expected both classes: take another --seed or --stratify-test."
            )
    return split


def label_bins(ln_ic50: NDArray[np.float64], least: int = MIN_BIN_SIZE) -> NDArray[np.int64]:
    """Return the stratum of each sample, shape (n_samples,).

    Strata are :data:`N_BINS` equal-width bins between the smallest and largest normalised label,
    the last one closed; a bin with too few members joins its neighbour.

    Args:
        ln_ic50: Shape (n_samples,).
        least: Members that a bin needs.
    """
    labels = LabelNormaliser().fit_transform(ln_ic50[:, np.newaxis])[:, 0]
    edges = np.linspace(labels.min(), labels.max(), N_BINS + 1)
    bins: NDArray[np.int64] = np.digitize(labels, edges[1:-1])
    merged, current = np.zeros(N_BINS, dtype=np.int64), 0
    counts = np.bincount(bins, minlength=N_BINS)
    members = 0
    for index in range(N_BINS):
        merged[index] = current
        members += counts[index]
        if members >= least:
            current, members = current + 1, 0
    merged[merged == current] = max(current - 1, 0)
    return merged[bins]
