"""Splitting pairs: what the test leaves out is new to the model in one way or another."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.training.split import Split

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

TEST_SHARE = 0.2
"""Share of pairs, lines, drugs or tissues that are left out for the test: 80/20 in the paper."""

VALIDATION_SHARE = 0.1
"""Share of training pairs that tell when to stop."""

LEAST_TRAIN, LEAST_OTHER = 10, 2
"""Pairs that the training part, and the other two parts, need."""

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"lpo": (), "lco": ("line",), "ldo": ("drug",), "lcdo": ("line", "drug"), "lto": ("tissue",)}
)
"""What is never in two parts, by split."""

TITLES = {"line": "cell line", "drug": "drug", "tissue": "tissue"}


def make_split(pairs: PairData, data: DataConfig, seed: int, *, validation: bool = True) -> Split:
    """Split pairs into training, validation and test.

    The validation is left out in the same way as the test: of ``lco`` it holds other lines than the
    training. Each part is shuffled once and cut to its size, so the training pairs of a smaller
    ``train_size`` are among those of a larger one with the same seed, and the test is the same.

    Args:
        pairs: All pairs.
        data: Says what is left out, and the sizes.
        seed: Of the split.
        validation: Whether there is a validation part; without it, its pairs are trained on.

    Raises:
        DataError: If too few lines, drugs or tissues are there to leave some out, or if a part
            would have too few pairs.
    """
    rng = np.random.default_rng(seed)
    groups = {name: _groups(pairs, name) for name in GROUPS[data.split]}
    everything = np.ones(len(pairs), dtype=bool)
    train, test = _left_out(everything, groups, TEST_SHARE, rng)
    share = VALIDATION_SHARE if len(groups) < 2 else TEST_SHARE  # of lines and of drugs
    fitted, watched = _left_out(train, groups, share, rng)
    n_validation = round(data.train_size * VALIDATION_SHARE)
    sizes = (data.train_size - n_validation, n_validation, data.test_size)
    shuffled = [rng.permutation(np.flatnonzero(part)) for part in (fitted, watched, test)]
    parts = [np.sort(part[:size]) for part, size in zip(shuffled, sizes, strict=True)]
    if not validation:
        parts = [*_merged(parts, train, data.train_size, rng), parts[2]]
    _check(parts, data, validation=validation)
    split = Split(*(pairs.ids[part] for part in parts))
    for name, group in groups.items():
        used = np.concatenate(parts)
        split.keep_apart(pairs.ids[used], group[used].astype(np.str_), TITLES[name])
    return split


def cut_sizes(split: Split, data: DataConfig) -> list[str]:
    """Return, a line each, which sizes are smaller than what was asked for.

    Args:
        split: The split that was made.
        data: What was asked for.
    """
    found = {
        "train-size": (len(split.train) + len(split.validation), data.train_size),
        "test-size": (len(split.test), data.test_size),
    }
    return [
        f"--{name} {asked}: the split {data.split} offers {count} pairs, and takes them all"
        for name, (count, asked) in found.items()
        if count < asked
    ]


def _groups(pairs: PairData, name: str) -> NDArray[np.int64] | NDArray[np.str_]:
    """Return the line, drug or tissue of each pair, shape (n_pairs,)."""
    if name == "line":
        return pairs.line
    if name == "drug":
        return pairs.drug
    if pairs.tissues is None or (pairs.tissues == "").any():
        raise DataError(
            f"{pairs.provenance}: the tissue of some cell lines is not known, and --split lto "
            "leaves tissues out: give a samples table with sample,tissue for every line."
        )
    return pairs.tissues


def _left_out(
    among: Flags,
    groups: Mapping[str, NDArray[np.int64] | NDArray[np.str_]],
    share: float,
    rng: np.random.Generator,
) -> tuple[Flags, Flags]:
    """Return which pairs stay and which are left out; with two groups, some are in neither."""
    if not groups:
        order = rng.permutation(np.flatnonzero(among))
        out = np.zeros(len(among), dtype=bool)
        out[order[: round(share * len(order))]] = True
        return among & ~out, out
    out_by_group = [_drawn(group, among, share, rng, name) for name, group in groups.items()]
    touched = np.logical_or.reduce(out_by_group)
    return among & ~touched, among & np.logical_and.reduce(out_by_group)


def _drawn(
    group: NDArray[np.int64] | NDArray[np.str_],
    among: Flags,
    share: float,
    rng: np.random.Generator,
    name: str,
) -> Flags:
    """Draw whole groups until they hold a share of the pairs; return which pairs are of them."""
    names, counts = np.unique(group[among], return_counts=True)
    if len(names) < 3:
        raise DataError(
            f"found {len(names)} {TITLES[name]}s to divide, expected at least 3; choose another "
            "--split."
        )
    order = rng.permutation(len(names))
    before = np.cumsum(counts[order]) - counts[order]
    drawn = order[before < share * counts.sum()]
    return np.isin(group, names[drawn[: len(names) - 2]])


def _merged(
    parts: list[Places], among: Flags, size: int, rng: np.random.Generator
) -> tuple[Places, Places]:
    """Return training and validation pairs as one part, filled up to its size, and an empty one."""
    used = np.concatenate(parts[:2])
    rest = np.setdiff1d(np.flatnonzero(among), used)
    more = rng.permutation(rest)[: max(0, size - len(used))]
    return np.sort(np.concatenate([used, more])), np.array([], dtype=np.int64)


def _check(parts: list[Places], data: DataConfig, *, validation: bool) -> None:
    """Refuse parts that are too small."""
    least_validation = LEAST_OTHER if validation else 0
    for name, part, least in zip(
        ("training", "validation", "test"),
        parts,
        (LEAST_TRAIN, least_validation, LEAST_OTHER),
        strict=True,
    ):
        if len(part) < least:
            raise DataError(
                f"the {name} part of the split {data.split} has {len(part)} pairs, expected at "
                f"least {least}: give more pairs or a larger --train-size, or choose another "
                "--split."
            )
