from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.preprocess import GeneTransform, Preprocessor, preprocessing
from qkdrp.systems.response.split import make_split


def with_missing(cohort: Cohort, rng: np.random.Generator) -> Cohort:
    scale = np.linspace(0.1, 2.0, len(cohort.genes), dtype=np.float32)
    expression = cohort.expression * scale
    expression[rng.random(expression.shape) < 0.1] = np.nan
    return replace(cohort, expression=expression)


def of_columns(cohort: Cohort, *columns: NDArray[np.float64]) -> Cohort:
    expression = np.stack(columns, axis=1).astype(np.float32)
    genes = np.array([f"G{index}" for index in range(len(columns))])
    part = cohort.select(cohort.samples[: len(expression)])
    return replace(part, expression=expression, genes=genes)


@pytest.mark.parametrize("zscore", [True, False])
def test_the_plain_transform_equals_the_pipeline(
    cohort: Cohort, rng: np.random.Generator, zscore: bool
) -> None:
    cohort = with_missing(cohort, rng)
    train, new = cohort.select(cohort.samples[:40]), cohort.select(cohort.samples[40:])
    transform = GeneTransform.fit(train, zscore, 0.1)
    pipeline = preprocessing(zscore, 0.1).fit(train.expression)
    assert 0 < len(transform.genes) < len(cohort.genes)
    for rows in (train, new):
        found = transform(rows)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, pipeline.transform(rows.expression), rtol=1e-5, atol=1e-5)


def test_variance_is_the_populations_and_strictly_larger(cohort: Cohort) -> None:
    # Of 0, 0, 0, 2: population variance 3/4, sample variance 1.
    cohort = of_columns(cohort, np.array([0.0, 0, 0, 2]), np.array([0.0, 0, 0, 8]))
    assert GeneTransform.fit(cohort, False, 0.75).genes.tolist() == ["G1"]
    assert GeneTransform.fit(cohort, False, 0.7499).genes.tolist() == ["G0", "G1"]


def test_a_gene_without_a_training_value_is_dropped(
    cohort: Cohort, rng: np.random.Generator
) -> None:
    cohort = of_columns(cohort, rng.normal(size=20), np.full(20, np.nan))
    assert GeneTransform.fit(cohort, True, 0.1).genes.tolist() == ["G0"]


def test_missing_values_become_training_means(cohort: Cohort) -> None:
    train = of_columns(cohort, np.array([1.0, 3.0, np.nan]))
    new = of_columns(cohort, np.array([np.nan, 5.0]))
    assert GeneTransform.fit(train, False, 0.1)(new)[:, 0].tolist() == [2.0, 5.0]
    assert GeneTransform.fit(train, True, 0.1)(new)[0, 0] == 0.0


def test_nothing_is_fitted_on_other_rows(cohort: Cohort, rng: np.random.Generator) -> None:
    cohort = with_missing(cohort, rng)
    train = make_split(cohort, seed=0).train
    others = ~np.isin(cohort.samples, train)
    expression, ln_ic50 = cohort.expression.copy(), cohort.ln_ic50.copy()
    expression[others] = 1e3 * rng.normal(size=expression[others].shape)
    ln_ic50[others] = -50.0
    spoilt = replace(cohort, expression=expression, ln_ic50=ln_ic50)
    before, after = (Preprocessor.fit(rows.select(train), True, 0.1) for rows in (cohort, spoilt))
    for name in ("genes", "fill", "mean", "scale"):
        np.testing.assert_array_equal(
            getattr(before.transform, name), getattr(after.transform, name)
        )
    np.testing.assert_array_equal(before.labels.mean_, after.labels.mean_)
    np.testing.assert_array_equal(before.labels.scale_, after.labels.scale_)


def test_genes_are_found_by_name(cohort: Cohort) -> None:
    transform = GeneTransform.fit(cohort, True, 0.1)
    turned = replace(cohort, genes=cohort.genes[::-1], expression=cohort.expression[:, ::-1])
    np.testing.assert_array_equal(transform(turned), transform(cohort))


def test_a_new_cohort_without_a_gene_is_refused(cohort: Cohort) -> None:
    transform = GeneTransform.fit(cohort, True, 0.1)
    fewer = replace(cohort, genes=cohort.genes[1:], expression=cohort.expression[:, 1:])
    with pytest.raises(DataError, match="1 of the model's 15 genes are not in the data, 'GENE0'"):
        transform(fewer)


def test_no_gene_passes(cohort: Cohort) -> None:
    with pytest.raises(DataError, match=r"No gene has a training variance above 99\.0"):
        GeneTransform.fit(cohort, True, 99.0)


def test_labels_are_normalised_with_training_numbers(cohort: Cohort) -> None:
    train = cohort.select(cohort.samples[:30])
    fitted = Preprocessor.fit(train, True, 0.1)
    expected = np.tanh((cohort.ln_ic50 - train.ln_ic50.mean()) / train.ln_ic50.std())
    np.testing.assert_allclose(fitted.label(cohort), expected, rtol=1e-12)
    assert fitted.genes(cohort).shape == cohort.expression.shape
