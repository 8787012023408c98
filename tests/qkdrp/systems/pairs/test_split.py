from itertools import pairwise

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.pair_data import Lines, PairData
from qkdrp.systems.pairs.split import GROUPS, cut_sizes, make_split
from qkdrp.training.split import Split


def split_of(pairs: PairData, seed: int = 0, **options: object) -> Split:
    return make_split(pairs, DataConfig.make(**options), seed)


def members(pairs: PairData, ids: np.ndarray, name: str) -> set[str]:
    part = pairs.select(ids)
    found = {"line": part.samples, "drug": part.drug_ids, "tissue": part.tissues}[name]
    assert found is not None
    return set(found.tolist())


@pytest.mark.parametrize("name", GROUPS)
def test_what_is_left_out_is_new(pairs: PairData, name: str) -> None:
    split = split_of(pairs, split=name)
    parts = [split.train, split.validation, split.test]
    for group in GROUPS[name]:
        train, validation, test = (members(pairs, part, group) for part in parts)
        assert not train & test
        assert not train & validation
        assert not validation & test
    assert len(split.train) > 1000
    assert min(len(split.validation), len(split.test)) >= 30


def test_sizes_of_the_paper(pairs: PairData) -> None:
    split = split_of(pairs)
    assert [len(part) for part in split.parts().values()] == [4500, 500, 1000]
    assert not cut_sizes(split, DataConfig())


@pytest.mark.parametrize("name", GROUPS)
def test_smaller_training_sets_are_nested(pairs: PairData, name: str) -> None:
    sizes = [split_of(pairs, split=name, train_size=size) for size in (50, 200, 5000)]
    for smaller, larger in pairwise(sizes):
        assert set(smaller.train) < set(larger.train)
        assert set(smaller.validation) < set(larger.validation)
        np.testing.assert_array_equal(smaller.test, larger.test)


def test_the_same_seed_gives_the_same_split(pairs: PairData) -> None:
    first, again, other = (split_of(pairs, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test, again.test)
    np.testing.assert_array_equal(first.train, again.train)
    assert set(first.test) != set(other.test)


def test_sizes_beyond_the_data_are_cut_and_said(pairs: PairData) -> None:
    data = DataConfig(train_size=100_000, test_size=50_000)
    split = make_split(pairs, data, 0)
    assert sum(map(len, split.parts().values())) == len(pairs)
    said = cut_sizes(split, data)
    assert said[0].startswith("--train-size 100000: the split lpo offers 681")
    assert len(said) == 2


def test_tissues_must_be_known(pairs: PairData) -> None:
    lines = Lines(pairs.lines.ids, pairs.lines.features, pairs.lines.matrix)
    from dataclasses import replace

    with pytest.raises(DataError, match="give a samples table"):
        split_of(replace(pairs, lines=lines), split="lto")


def test_too_few_pairs_are_refused(pairs: PairData) -> None:
    with pytest.raises(DataError, match="training part of the split lpo has 7 pairs"):
        split_of(pairs.at(np.arange(10)))
    with pytest.raises(DataError, match="found 1 cell lines to divide"):
        split_of(pairs.at(np.arange(10)), split="lco")


@pytest.mark.parametrize("name", GROUPS)
def test_without_validation_its_pairs_are_trained_on(pairs: PairData, name: str) -> None:
    data = DataConfig.make(split=name, train_size=400)
    usual, whole = (make_split(pairs, data, 0, validation=each) for each in (True, False))
    assert len(whole.validation) == 0
    assert len(whole.train) == 400
    assert set(whole.train) >= {*usual.train, *usual.validation}
    np.testing.assert_array_equal(whole.test, usual.test)
    for group in GROUPS[name]:
        assert not members(pairs, whole.train, group) & members(pairs, whole.test, group)
