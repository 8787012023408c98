import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.data.synthetic import synthetic_cohort
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.systems.response.split import MIN_BIN_SIZE, N_BINS, Split, label_bins, make_split
from tests.qkdrp.conftest import make_cohort


def same(first: Split, second: Split) -> bool:
    return all(np.array_equal(ids, second.parts()[name]) for name, ids in first.parts().items())


def test_nine_to_one_then_four_to_one() -> None:
    split = make_split(synthetic_cohort(), seed=0)
    assert [len(ids) for ids in split.parts().values()] == [720, 180, 100]


def test_parts_are_disjoint_and_complete_and_in_order(cohort: Cohort) -> None:
    split = make_split(cohort, seed=0)
    ids = np.concatenate(list(split.parts().values()))
    assert sorted(ids) == sorted(cohort.samples)
    assert all(np.array_equal(part, np.sort(part)) for part in split.parts().values())


def test_the_seed_decides(cohort: Cohort) -> None:
    assert same(make_split(cohort, seed=1), make_split(cohort, seed=1))
    assert not same(make_split(cohort, seed=1), make_split(cohort, seed=2))


def test_a_frame_keeps_everything(cohort: Cohort) -> None:
    split = make_split(cohort, seed=0)
    frame = split.to_frame()
    assert list(frame.columns) == ["sample", "part"]
    assert same(Split.from_frame(frame), split)


def test_numeric_ids_survive_a_frame() -> None:
    split = Split(np.array(["10", "11"]), np.array(["12"]), np.array(["13"]))
    frame = split.to_frame().astype({"sample": int})
    assert same(Split.from_frame(frame), split)


def test_validation_follows_the_labels() -> None:
    cohort = synthetic_cohort()
    split = make_split(cohort, seed=3)
    rest = ~np.isin(cohort.samples, split.test)
    strata = pd.Series(label_bins(cohort.ln_ic50[rest]), cohort.samples[rest])
    validation, rest_share = strata[split.validation], strata.value_counts(normalize=True)
    difference = validation.value_counts(normalize=True) - rest_share
    assert difference.abs().max() < 1 / len(validation)


def test_the_test_is_stratified_on_request() -> None:
    cohort = synthetic_cohort()
    strata = pd.Series(label_bins(cohort.ln_ic50), cohort.samples)
    shares = strata.value_counts(normalize=True)

    def distance(split: Split) -> float:
        found = strata[split.test].value_counts(normalize=True)
        return float((found - shares).abs().max())

    assert all(distance(make_split(cohort, seed, stratify_test=True)) < 0.01 for seed in range(5))
    assert any(distance(make_split(cohort, seed)) > 0.02 for seed in range(5))


def test_four_bins_of_equal_width_the_last_closed() -> None:
    labels = np.linspace(-3.0, 5.0, 81)
    normalised = LabelNormaliser().fit_transform(labels[:, np.newaxis])[:, 0]
    expected, _ = np.histogram(normalised, bins=N_BINS)  # closes its last bin, too
    np.testing.assert_array_equal(np.bincount(label_bins(labels)), expected)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((10, 10, 10, 10), (10, 10, 10, 10)),
        ((2, 10, 10, 10), (12, 10, 10)),
        ((10, 3, 10, 10), (10, 13, 10)),
        ((10, 10, 10, 4), (10, 10, 14)),
        ((10, 2, 2, 3), (10, 7)),
        ((10, 1, 1, 1), (13,)),
        ((1, 0, 0, 1), (2,)),
    ],
)
def test_small_bins_join_their_neighbour(sizes: tuple[int, ...], expected: tuple[int, ...]) -> None:
    labels = np.repeat([0.0, 1.2, 1.8, 3.0], sizes)
    assert tuple(np.bincount(label_bins(labels))) == expected


@given(st.lists(st.floats(-10, 10, allow_nan=False), min_size=MIN_BIN_SIZE, max_size=60))
def test_every_bin_has_enough_members(values: list[float]) -> None:
    bins = label_bins(np.array(values))
    counts = np.bincount(bins)
    assert counts.min() >= MIN_BIN_SIZE
    assert len(counts) <= N_BINS


@given(st.lists(st.floats(-10, 10, allow_nan=False), min_size=5, max_size=60))
def test_bins_rise_with_the_label(values: list[float]) -> None:
    labels = np.sort(np.array(values))
    assert np.all(np.diff(label_bins(labels)) >= 0)


def test_a_part_of_one_class_is_refused(cohort: Cohort) -> None:
    single = replace(cohort, responder=cohort.samples == "C000")
    with pytest.raises(DataError, match=r"holds 0 responders among \d+ samples.*--seed"):
        make_split(single, seed=0)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(DataError, match="found 39 samples, expected at least 40"):
        make_split(make_cohort(39), seed=0)


@pytest.mark.parametrize("n_samples", [40, 45, 50])
@pytest.mark.parametrize("stratify_test", [False, True])
def test_small_cohorts_are_split_or_refused_clearly(n_samples: int, stratify_test: bool) -> None:
    outcomes = []
    for seed in range(8):
        try:
            make_split(make_cohort(n_samples, seed=seed), seed, stratify_test)
            outcomes.append("split")
        except DataError as error:
            outcomes.append(str(error))
    assert "split" in outcomes
    refused = re.compile(r"DrugA: the \w+ part holds \d+ responders among \d+ samples, expected")
    assert all(text == "split" or refused.match(text) for text in outcomes)
