"""Simulated trials: what is drawn is what the truth says."""

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.simulate import simulated_trial
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from qkdrp.systems.pkpd.data.truths import TRUTHS


def test_the_design_is_that_of_the_embedded_trial(estdata: Trial) -> None:
    found = load_trial("truth-a:3")
    for name in (CONCENTRATION, BIOMARKER):
        assert found.n_observations(name) == estdata.n_observations(name)
    assert np.unique(found.dose_levels()).tolist() == [0, 4, 12, 40]
    for dose in (0, 4, 12, 40):
        assert found.covariate("COMED")[found.dose_levels() == dose].sum() == 6
    assert found.covariate("BW").min() >= 50
    assert found.covariate("BW").max() <= 100
    assert load_trial("truth-b").covariates == ("BW",)


def test_the_same_seed_gives_the_same_trial() -> None:
    assert load_trial("truth-a").digest() == simulated_trial("truth-a", 0).digest()
    assert load_trial("truth-a:1").digest() != load_trial("truth-a:0").digest()
    with pytest.raises(DataError, match="choose one of truth-a, truth-b"):
        simulated_trial("truth-c")


def test_spread_between_subjects_and_of_measurement() -> None:
    """Placebo is R0 exp(eta - 0.15 COMED) exp(error): both standard deviations are known."""
    truth = TRUTHS["truth-a"]
    logs, within = [], []
    for seed in range(40):
        trial = simulated_trial("truth-a", seed)
        placebo = trial.select(trial.ids[trial.dose_levels() == 0])
        for subject in placebo.subjects:
            values = np.log(subject.observations[BIOMARKER].values)
            logs.append(values.mean() - np.log(20) + 0.15 * subject.covariates["COMED"])
            within.append(values.var(ddof=1))
    n = len(logs)
    assert np.mean(logs) == pytest.approx(0, abs=4 * 0.25 / n**0.5)
    assert np.std(logs) == pytest.approx(0.25, rel=4 / (2 * n) ** 0.5)
    assert np.sqrt(np.mean(within)) == pytest.approx(truth.error, rel=0.02)
