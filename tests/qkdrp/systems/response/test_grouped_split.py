from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.split import make_split
from tests.qkdrp.conftest import make_cohort

N_SAMPLES = 240


def grouped(n_groups: int) -> Cohort:
    groups = np.array([f"P{index % n_groups}" for index in range(N_SAMPLES)])
    return replace(make_cohort(N_SAMPLES), groups=groups)


def with_parts(names: Sequence[str], **changes: object) -> Cohort:
    parts = np.array([names[index % len(names)] for index in range(N_SAMPLES)])
    return replace(make_cohort(N_SAMPLES), parts=parts, **changes)


@pytest.mark.parametrize("n_groups", [5, 12, 80])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_group_is_divided_and_nothing_is_lost(n_groups: int, seed: int) -> None:
    cohort = grouped(n_groups)
    split = make_split(cohort, seed)
    assert cohort.groups is not None
    found = [set(cohort.groups[np.isin(cohort.samples, part)]) for part in split.parts().values()]
    assert sum(map(len, found)) == len(set.union(*found)) == n_groups
    assert sum(map(len, split.parts().values())) == N_SAMPLES
    assert 20 <= len(split.test) <= 48  # of 240, in groups of 3, 20 or 48


def test_parts_of_many_groups_hold_the_share_of_responders() -> None:
    cohort = grouped(80)
    for part in make_split(cohort, 0).parts().values():
        assert cohort.select(part).responder.mean() == pytest.approx(0.4, abs=0.12)


def test_the_seed_decides() -> None:
    splits = [set(make_split(grouped(80), seed).test.tolist()) for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]


def test_too_few_groups_are_refused() -> None:
    with pytest.raises(DataError, match="groups to divide, expected at least 3"):
        make_split(grouped(2), 0)


def test_the_users_own_split_is_kept() -> None:
    cohort = with_parts(["train", "validation", "test", ""])
    split = make_split(cohort, 0)
    assert cohort.parts is not None
    for name, part in split.parts().items():
        assert part.tolist() == cohort.samples[cohort.parts == name].tolist()


def test_validation_is_drawn_from_training_where_the_file_has_none() -> None:
    cohort = with_parts(["train", "train", "train", "test"])
    split = make_split(cohort, 0)
    assert len(split.test) == 60
    assert len(split.validation) == 36
    assert split.test.tolist() == cohort.samples[3::4].tolist()
    groups = np.array([f"P{index // 4 % 12}" for index in range(N_SAMPLES)])
    groups[3::4] = np.char.add("T", groups[3::4])
    split = make_split(replace(cohort, groups=groups), 0)
    split.keep_apart(cohort.samples, groups, "group")
    assert 0 < len(split.validation) < 60


def test_an_own_split_that_divides_a_group_is_refused() -> None:
    groups = np.array([f"P{index // 2}" for index in range(N_SAMPLES)])
    with pytest.raises(DataError, match=r"group 'P\d+' is in two parts"):
        make_split(with_parts(["train", "test"], groups=groups), 0)


@pytest.mark.parametrize("names", [["train"], ["test", "validation"]])
def test_an_own_split_needs_training_and_test(names: list[str]) -> None:
    with pytest.raises(DataError, match=r"no sample is in the part '(test|train)' of the split"):
        make_split(with_parts(names), 0)
