import re

import numpy as np

from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.data.synthetic import synthetic_pairs, synthetic_with_signal
from qkdrp.systems.pairs.kept_rows import pairs_of, state_of
from qkdrp.systems.pairs.target import Target


def test_it_is_large_enough_and_says_what_it_is(pairs: PairData) -> None:
    assert len(pairs) >= 8000
    assert (len(pairs.lines), len(pairs.drugs)) == (250, 40)
    assert pairs.synthetic
    assert "SYNTHETIC" in pairs.provenance


def test_the_noise_ceiling_is_what_it_says(pairs: PairData) -> None:
    same, signal = synthetic_with_signal()
    assert same.digest() == pairs.digest()
    ceiling = np.mean((Target().of(signal) - Target().of(pairs.value)) ** 2)
    told = re.search(r"about (0\.\d+)", pairs.provenance)
    assert told is not None
    assert abs(ceiling - float(told[1])) < 1e-5


def test_areas_lie_between_0_and_1() -> None:
    values = synthetic_pairs("auc").value
    assert 0 < values.min() < values.max() < 1


def test_kept_pairs_are_the_same(few: PairData) -> None:
    assert pairs_of(state_of(few)).digest() == few.digest()


def test_selected_pairs_keep_their_lines_and_drugs(pairs: PairData) -> None:
    ids = pairs.ids[[5, 3, 8000]]
    chosen = pairs.select(ids)
    assert chosen.lines is pairs.lines
    np.testing.assert_array_equal(chosen.ids, ids)
    np.testing.assert_array_equal(chosen.compact().ids, ids)
