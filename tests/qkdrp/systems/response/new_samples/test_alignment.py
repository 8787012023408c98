import numpy as np
import pytest

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.systems.response.new_samples.alignment import (
    FEWEST,
    GeneShift,
    align,
    choose_alignment,
    gene_shift,
)
from qkdrp.systems.response.new_samples.reference import N_QUANTILES, GeneReference

N_GENES = 300


@pytest.fixture
def training(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(rng.uniform(3, 9, N_GENES), rng.uniform(0.5, 2, N_GENES), (400, N_GENES))


@pytest.fixture
def reference(training: np.ndarray) -> GeneReference:
    quantiles = np.quantile(training, np.linspace(0, 1, N_QUANTILES), axis=0).T
    return GeneReference(training.mean(axis=0), training.std(axis=0), quantiles)


def chosen(values: np.ndarray, reference: GeneReference) -> str:
    return choose_alignment("auto", len(values), gene_shift(values, reference))[0]


def test_auto_takes_the_least_that_is_needed(
    training: np.ndarray, reference: GeneReference, rng: np.random.Generator
) -> None:
    same = training[:60]
    assert chosen(same, reference) == "none"
    assert chosen(same + rng.normal(0, 5, N_GENES), reference) == "center"
    assert chosen(1.7 * same + 3, reference) == "standardise"
    assert chosen(training[: FEWEST - 1] + 40, reference) == "none"


def test_alignments_undo_what_they_are_for(training: np.ndarray, reference: GeneReference) -> None:
    np.testing.assert_array_equal(align(training, reference, "none"), training)
    moved = training + np.arange(N_GENES)
    np.testing.assert_allclose(align(moved, reference, "center"), training)
    scaled = moved * np.linspace(0.5, 3, N_GENES)
    np.testing.assert_allclose(align(scaled, reference, "standardise"), training, atol=1e-9)
    bent = np.exp(training)  # any increasing change
    middle = np.quantile(np.abs(align(bent, reference, "quantile") - training), 0.95)
    assert middle < 0.1


def test_missing_and_flat_genes(training: np.ndarray, reference: GeneReference) -> None:
    values = training[:30].copy()
    values[:, 0], values[:, 1], values[3, 2] = np.nan, 7.0, np.nan
    for name in ("center", "standardise", "quantile"):
        found = align(values, reference, name)
        assert np.isnan(found[:, 0]).all()
        assert np.isnan(found[3, 2])
        assert np.isnan(found).sum() == 31
        np.testing.assert_allclose(found[:, 1], np.median(found[:, 1]))
    np.testing.assert_allclose(align(values, reference, "standardise")[:, 1], reference.mean[1])


def test_small_cohorts_and_unknown_names_are_refused(reference: GeneReference) -> None:
    shift = GeneShift(1.0, 0.2, 1.0)
    with pytest.raises(DataError, match="Found 9 samples, expected at least 10"):
        choose_alignment("center", FEWEST - 1, shift)
    with pytest.raises(ConfigError, match="choose one of auto, none, center, standardise"):
        choose_alignment("combat", 50, shift)
    without = GeneReference(reference.mean, reference.sd)
    with pytest.raises(ConfigError, match="kept no quantiles"):
        align(np.zeros((20, N_GENES)), without, "quantile")
