"""Splitting a cohort by sample id into training, validation and test rows."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.training.grouped_folds import Places, grouped_folds
from qkdrp.training.split import PARTS, Split

TEST_FRACTION, VALIDATION_FRACTION = 0.1, 0.2
"""9:1 for the test, then 4:1 for the validation."""

N_BINS, MIN_BIN_SIZE = 4, 5
"""Strata are equal-width bins of the normalised label; small ones join their neighbour."""

MIN_SAMPLES = 40
"""The least that three parts can be made of, one of each stratum in each."""

MIN_GROUPS = 2
"""The fewest groups of which some can be held out."""


def make_split(cohort: Cohort, seed: int, stratify_test: bool = False) -> Split:
    """Split a cohort at random: 9:1 for the test, 4:1 of the rest for the validation.

    The validation is stratified on bins of the normalised label; the test is not, as in the
    paper, unless asked for. Samples of one group stay in one part. A split that the cohort brings
    is taken as it is.

    Args:
        cohort: The samples.
        seed: Of the random split.
        stratify_test: Whether to stratify the test as well.

    Raises:
        DataError: If there are too few samples or groups, the measure does not vary, a group is
            in two parts, or the cohort or a part of it would hold one class only.
    """
    check_cohort(cohort)
    if cohort.parts is not None:
        parts, advice = _given_parts(cohort, seed), "mend the file of the split"
    elif cohort.groups is not None:
        parts, advice = _grouped_parts(cohort, seed), "take another --seed or --group-by"
    else:
        parts = _random_parts(cohort, seed, stratify_test)
        advice = "take another --seed or --stratify-test"
    split = Split(*(cohort.samples[np.sort(part)] for part in parts))
    if cohort.groups is not None:
        split.keep_apart(cohort.samples, cohort.groups, "group")
    for name, ids in split.parts().items():
        responders = int(cohort.select(ids).responder.sum())
        if responders in (0, len(ids)):
            raise DataError(
                f"{cohort.drug}: the {name} part holds {responders} responders among {len(ids)} "
                f"samples, expected both classes: {advice}."
            )
    return split


def check_cohort(cohort: Cohort) -> None:
    """Refuse a cohort that cannot be split into parts or folds.

    Raises:
        DataError: If it is too small, of one class, or its measure does not vary.
    """
    if len(cohort) < MIN_SAMPLES:
        raise DataError(
            f"{cohort.drug}: found {len(cohort)} samples, expected at least {MIN_SAMPLES} to split."
            f"{''.join(f' Note: {note}' for note in cohort.notes)}"
        )
    n_responder = int(cohort.responder.sum())
    if n_responder in (0, len(cohort)):
        raise DataError(
            f"{cohort.drug}: found {n_responder} responders among {len(cohort)} samples, "
            "expected both classes: check the response letters or --threshold, or take another "
            f"drug.{''.join(f' Note: {note}' for note in cohort.notes)}"
        )
    if np.ptp(cohort.ln_ic50) == 0.0:
        raise DataError(
            f"{cohort.drug}: {cohort.measure.title} is {cohort.measured[0]:g} for every sample, "
            "expected it to vary."
        )


def _random_parts(cohort: Cohort, seed: int, stratify_test: bool) -> tuple[Places, Places, Places]:
    """Return the places of samples in training, validation and test."""
    rest, test = train_test_split(
        np.arange(len(cohort)),
        test_size=TEST_FRACTION,
        random_state=seed,
        stratify=label_bins(cohort.ln_ic50) if stratify_test else None,
    )
    return *_without_validation(cohort, rest, seed), test


def _without_validation(cohort: Cohort, rest: Places, seed: int) -> tuple[Places, Places]:
    """Return the places of training and validation samples among those outside the test."""
    if cohort.groups is not None:
        return _held_out(cohort, rest, VALIDATION_FRACTION, seed)
    train, validation = train_test_split(
        rest,
        test_size=VALIDATION_FRACTION,
        random_state=seed,
        stratify=label_bins(cohort.ln_ic50[rest]),
    )
    return train, validation


def _grouped_parts(cohort: Cohort, seed: int) -> tuple[Places, Places, Places]:
    """Return the same where samples of a group stay together."""
    rest, test = _held_out(cohort, np.arange(len(cohort)), TEST_FRACTION, seed)
    return *_held_out(cohort, rest, VALIDATION_FRACTION, seed), test


def _held_out(cohort: Cohort, rows: Places, share: float, seed: int) -> tuple[Places, Places]:
    """Return the places of what stays and of whole groups that are held out, about a share.

    Of the folds that could be held out, one with both classes on both sides is drawn.

    Raises:
        DataError: If there are fewer than three groups.
    """
    assert cohort.groups is not None
    groups, responder = cohort.groups[rows], cohort.responder[rows]
    n_groups = len(np.unique(groups))
    if n_groups < MIN_GROUPS:
        raise DataError(
            f"{cohort.drug}: found {n_groups} groups to divide, expected at least {MIN_GROUPS + 1} "
            "among all samples: group by another column."
        )
    folds = min(round(1 / share), n_groups)
    strata = label_bins(cohort.ln_ic50[rows], max(folds, MIN_BIN_SIZE))
    found = grouped_folds(strata, groups, folds, seed)

    def one_class(fold: tuple[Places, Places]) -> bool:
        return any(len(np.unique(responder[side])) < 2 for side in fold)

    order = np.random.default_rng(seed).permutation(len(found)).tolist()
    stay, out = found[min(order, key=lambda place: one_class(found[place]))]
    return rows[stay], rows[out]


def _given_parts(cohort: Cohort, seed: int) -> tuple[Places, Places, Places]:
    """Return the places of samples in the parts of the user's own split.

    Where it has no validation, that is drawn from the training samples.

    Raises:
        DataError: If a part without which nothing can be trained or tested is empty.
    """
    assert cohort.parts is not None
    places = {name: np.flatnonzero(cohort.parts == name) for name in PARTS}
    for name in ("train", "test"):
        if not len(places[name]):
            raise DataError(
                f"{cohort.drug}: no sample is in the part {name!r} of the split, expected some in "
                "train and in test."
            )
    train, validation = places["train"], places["validation"]
    if not len(validation):
        train, validation = _without_validation(cohort, train, seed)
    return train, validation, places["test"]


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
