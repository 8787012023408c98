import numpy as np

from qkdrp.experiments.pairs.shuffled import drugs_shuffled
from qkdrp.systems.pairs.data.synthetic import synthetic_pairs


def test_shuffling_keeps_each_line_and_loses_its_drugs() -> None:
    pairs = synthetic_pairs()
    shuffled = drugs_shuffled(pairs, 0)
    assert (shuffled.ids == pairs.ids).all()
    for line in range(0, len(pairs.lines), 25):
        own = pairs.line == line
        np.testing.assert_array_equal(np.sort(shuffled.value[own]), np.sort(pairs.value[own]))
    means = np.bincount(pairs.drug, shuffled.value) / np.bincount(pairs.drug)
    before = np.bincount(pairs.drug, pairs.value) / np.bincount(pairs.drug)
    assert means.std() < 0.15 * before.std()
    assert (drugs_shuffled(pairs, 0).value == shuffled.value).all()
    assert (drugs_shuffled(pairs, 1).value != shuffled.value).any()
