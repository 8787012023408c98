import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge

from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.synthetic import (
    synthetic_cohort,
    synthetic_external,
    synthetic_with_signal,
)
from qkdrp.systems.response.preprocess import fit_preprocessor
from qkdrp.systems.response.scores import responder_auc


def test_the_numbers_are_the_same_every_time() -> None:
    assert synthetic_cohort().digest() == synthetic_cohort().digest()


def test_it_says_that_it_is_made_up() -> None:
    cohort = synthetic_cohort()
    assert cohort.synthetic
    assert "SYNTHETIC" in cohort.provenance


def test_the_best_possible_auc_is_as_announced() -> None:
    cohort, signal = synthetic_with_signal()
    assert 0.77 <= responder_auc(cohort.responder, signal) <= 0.83


def test_a_tenth_responds_and_these_are_the_lowest() -> None:
    cohort = synthetic_cohort()
    assert cohort.responder.mean() == 0.1
    assert cohort.ln_ic50[cohort.responder].max() < cohort.ln_ic50[~cohort.responder].min()


def test_a_block_is_missing() -> None:
    missing = np.isnan(synthetic_cohort().expression)
    rows, columns = missing.any(axis=1), missing.any(axis=0)
    assert 0.005 < missing.mean() < 0.03
    assert missing[np.ix_(rows, columns)].all()


def test_the_signal_explains_what_it_should() -> None:
    cohort, signal = synthetic_with_signal()
    share = np.corrcoef(cohort.ln_ic50, signal)[0, 1] ** 2
    assert 0.3 < share < 0.4


def test_the_external_cohort_is_new_and_of_another_platform() -> None:
    home, there = synthetic_cohort(), synthetic_external()
    assert not set(home.samples) & set(there.samples)
    assert there.genes.tolist() == home.genes.tolist()
    shift = np.abs(np.nanmean(there.expression, 0) - np.nanmean(home.expression, 0))
    assert np.median(shift / np.nanstd(home.expression, 0)) > 1
    ridge = fit_preprocessor(home, DataConfig())
    genes = (there.expression - there.expression.mean(0)) / there.expression.std(0)
    kept = np.isin(there.genes, ridge.transform.genes)
    model = Ridge(alpha=1000.0).fit(ridge.genes(home), ridge.label(home))
    assert spearmanr(model.predict(genes[:, kept]), there.ln_ic50).statistic > 0.35
