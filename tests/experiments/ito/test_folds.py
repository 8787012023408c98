from dataclasses import replace

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.experiments.ito.folds import make_folds, split_of
from qkdrp.systems.response.split import label_bins
from tests.qkdrp.conftest import make_cohort


@pytest.mark.parametrize("folds", [2, 5])
def test_folds_share_out_all_samples_but_the_test(folds: int) -> None:
    cohort = make_cohort(120)
    found = make_folds(cohort, 3, False, folds, 0)
    rest = set(cohort.samples) - set(split_of(cohort, 3, False).test)
    assert len(found) == folds
    seen = np.concatenate([validation for _, validation in found])
    assert sorted(seen) == sorted(rest)
    for train, validation in found:
        assert set(train) | set(validation) == rest
        assert not set(train) & set(validation)


def test_folds_are_stratified() -> None:
    cohort = make_cohort(200)
    found = make_folds(cohort, 0, False, 5, 0)
    rest = cohort.select(np.concatenate([validation for _, validation in found]))
    strata = dict(zip(rest.samples, label_bins(rest.ln_ic50), strict=True))
    for stratum in set(strata.values()):
        counts = [sum(strata[s] == stratum for s in validation) for _, validation in found]
        assert max(counts) - min(counts) <= 1


def test_repeats_draw_anew_and_seeds_decide() -> None:
    cohort = make_cohort(100)
    first, again, repeat, seed = (
        [tuple(validation) for _, validation in make_folds(replace(cohort), *arguments)]
        for arguments in ((0, False, 5, 0), (0, False, 5, 0), (0, False, 5, 1), (1, False, 5, 0))
    )
    assert first == again
    assert first != repeat
    assert first != seed


def test_more_folds_than_members_of_a_stratum() -> None:
    found = make_folds(make_cohort(60), 0, False, 12, 0)
    assert len(found) == 12


def test_a_fold_of_one_class_is_refused() -> None:
    cohort = make_cohort(60)
    responder = np.zeros(60, dtype=bool)
    # Present in every part of the split, but not in each of many folds.
    split = split_of(cohort, 0, False)
    for ids in split.parts().values():
        responder[np.flatnonzero(np.isin(cohort.samples, ids))[0]] = True
    with pytest.raises(DataError, match="of repeat 1 holds 0 responders"):
        make_folds(replace(cohort, responder=responder), 0, False, 10, 0)
