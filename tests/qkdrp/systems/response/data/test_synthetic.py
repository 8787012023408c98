import numpy as np

from qkdrp.systems.response.data.synthetic import synthetic_cohort, synthetic_with_signal
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
