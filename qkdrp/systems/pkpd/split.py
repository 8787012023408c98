"""Splitting subjects, so that every dose level is in the test."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.training.split import Split

Ids = NDArray[np.str_]

PNU_SEED = 42
"""Seed of the split of Team PNU."""

LEAST_OF_LEVEL = 3
"""Subjects that an active dose level needs: one each for training, validation and test."""


def make_split(trial: Trial, data: DataConfig, seed: int) -> Split:
    """Split subjects into training, validation and test.

    Of every active dose level one subject is tested and another one validates; the others and all
    placebo subjects train.

    Args:
        trial: All subjects.
        data: Says how the two are chosen.
        seed: Of the split ``random``.

    Raises:
        DataError: If there are too few subjects, or no such fold.
    """
    levels = active_levels(trial)
    test, validation = SPLITS[data.split](levels, data, seed)
    others = ~np.isin(trial.ids, [*test, *validation])
    chosen = (np.isin(trial.ids, part) for part in (validation, test))
    return Split(trial.ids[others], *(trial.ids[part] for part in chosen))


def active_levels(trial: Trial) -> dict[float, Ids]:
    """Return the sorted ids of the subjects of each active dose level, in their order.

    Raises:
        DataError: If there is no level, or one has too few subjects.
    """
    doses = trial.dose_levels()
    levels = {
        float(dose): np.array(sorted(trial.ids[doses == dose], key=_natural), dtype=np.str_)
        for dose in np.unique(doses[doses > 0])
    }
    if not levels:
        raise DataError(f"{trial.provenance}: no subject has a dose, expected active dose levels.")
    for dose, ids in levels.items():
        if len(ids) < LEAST_OF_LEVEL:
            raise DataError(
                f"{trial.provenance}: {len(ids)} subjects have the dose level "
                f"{dose:g} {trial.units.amount}, expected at least {LEAST_OF_LEVEL} of each: one "
                "is tested, one validates. Give nominal levels in a column DOSE, or train on all "
                "rows."
            )
    return levels


def n_folds(trial: Trial) -> int:
    """Return the number of folds in which every active subject is tested once."""
    return max(len(ids) for ids in active_levels(trial).values())


def _by_fold(levels: Mapping[float, Ids], data: DataConfig, _: int) -> tuple[list[str], list[str]]:
    """Test the k-th subject of each level, validate on the next; a smaller level begins again."""
    folds = max(map(len, levels.values()))
    if data.fold >= folds:
        raise DataError(
            f"--fold {data.fold}: the trial has {folds} folds, 0 to {folds - 1}, as the largest "
            f"dose level has {folds} subjects."
        )
    test = [str(ids[data.fold]) for ids in levels.values() if data.fold < len(ids)]
    validation = [str(ids[(data.fold + 1) % len(ids)]) for ids in levels.values()]
    return test, validation


def _shuffled(levels: Mapping[float, Ids], seed: int) -> tuple[list[str], list[str]]:
    """Shuffle each level; the last of it is tested, the one before validates."""
    rng = np.random.RandomState(seed)  # that of the published split

    def shuffled() -> Iterator[Ids]:
        for ids in levels.values():
            order = ids.copy()
            rng.shuffle(order)
            yield order

    orders = list(shuffled())
    return [str(ids[-1]) for ids in orders], [str(ids[-2]) for ids in orders]


SPLITS: Mapping[
    str, Callable[[Mapping[float, Ids], DataConfig, int], tuple[list[str], list[str]]]
] = MappingProxyType(
    {
        "fold": _by_fold,
        "random": lambda levels, _, seed: _shuffled(levels, seed),
        "seed42": lambda levels, _, __: _shuffled(levels, PNU_SEED),
        "none": lambda _, __, ___: ([], []),
    }
)
"""What returns ids for test and validation, by the name of the split."""


def _natural(name: str) -> tuple[bool, float, str]:
    """Return what ids are sorted by: numbers as numbers, before words."""
    number = name.isdecimal()
    return not number, float(name) if number else 0.0, name
