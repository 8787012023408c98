import json

import numpy as np
import pytest
import torch

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.bootstrap import Resamples, refits
from qkdrp.systems.pkpd.population.fit import PopulationFit
from qkdrp.systems.pkpd.population.individual import individual_parameters, random_effects
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.model import PopulationModel
from qkdrp.systems.pkpd.population.parameter_table import fit_doubts, parameter_table
from qkdrp.systems.pkpd.population.record import fit_from_json, fit_to_json
from qkdrp.systems.pkpd.population.residuals import predictive_check, residual_table, simulate
from qkdrp.systems.pkpd.population.structures import rises, structure_named


def test_fit_finds_the_truth_within_its_errors(fit: PopulationFit) -> None:
    assert fit.converged
    truth = TRUTHS["truth-b"]
    exact = truth.log_parameters({"BW": np.array([70.0])})[0]
    errors = fit.covariance.diagonal().sqrt()[: len(exact)]
    assert ((torch.tensor(fit.model.intercepts) - exact).abs() < 5 * errors + 0.05).all()
    for endpoint, value in fit.model.sigma.items():
        assert value == pytest.approx(truth.sigma[endpoint], rel=0.15)


def test_biomarker_of_the_truth_rises(material: Material) -> None:
    assert rises(material.panel)


def test_model_and_fit_survive_json(fit: PopulationFit) -> None:
    again = fit_from_json(json.loads(json.dumps(fit_to_json(fit))))
    assert again.model == fit.model
    assert again.specification == fit.specification
    torch.testing.assert_close(again.theta.flat, fit.theta.flat, rtol=0, atol=0)
    assert PopulationModel.from_json(fit.model.to_json()) == fit.model


def test_missing_covariate_is_named(fit: PopulationFit) -> None:
    with pytest.raises(DataError, match="no covariate BW"):
        fit.model.log_parameters({"AGE": [30.0]})


def test_refits_go_on_where_they_stopped(fit: PopulationFit, material: Material) -> None:
    whole = [each for some in refits(fit, material, 3, seed=1) for each in some]
    rest = [each for some in refits(fit, material, 3, seed=1, done=2) for each in some]
    assert len(whole) == 3
    np.testing.assert_allclose(rest[0].intercepts, whole[2].intercepts, rtol=0.02, atol=0.02)
    table = parameter_table(fit, whole)
    typical = table[table["kind"] == "typical"]
    assert (typical["rse_percent"] > 0).all()
    assert (table["low"] <= table["high"]).all()
    assert all(isinstance(each, str) for each in fit_doubts(fit))


def test_resamples_keep_dose_levels_and_the_first_ones() -> None:
    levels = np.repeat([0.0, 1.0, 3.0], 4)
    some, more = (Resamples.draw(levels, n, seed=5).weights for n in (2, 4))
    assert (some.reshape(2, 3, 4).sum(-1) == 4).all()
    np.testing.assert_array_equal(some, more[:2])


def test_subject_without_samples_is_typical_and_samples_move_it(
    fit: PopulationFit, small_trial: Trial, material: Material
) -> None:
    subject = small_trial.subjects[-1]
    found = individual_parameters(fit.model, subject)
    torch.testing.assert_close(found.phi[0], fit.phi[-1], rtol=0, atol=0.02)
    typical = fit.model.log_parameters({"BW": [subject.covariates["BW"]]})
    panel = material.panel.take([len(small_trial) - 1])
    nothing = type(panel)(**{**vars(panel), "seen": torch.zeros_like(panel.seen)})
    blind = random_effects(fit.model.structure, nothing, typical, fit.model.omega, fit.model.sigma)
    torch.testing.assert_close(blind.eta, torch.zeros_like(blind.eta))
    deviations = blind.covariance[0].diagonal().sqrt()
    torch.testing.assert_close(deviations, torch.tensor(fit.model.omega, dtype=torch.float64))


def test_residuals_are_standard_and_percentiles_hold_the_trial(
    fit: PopulationFit, small_trial: Trial
) -> None:
    typical = fit.model.log_parameters({"BW": small_trial.covariate("BW")})
    table = residual_table(fit.model, small_trial, typical)
    assert abs(table["cwres"].mean()) < 0.2
    assert table["cwres"].std() == pytest.approx(1.0, abs=0.2)
    check = predictive_check(simulate(fit.model, small_trial, typical, 60, seed=0))
    inside = check["observed"].between(check["low"], check["high"])
    assert inside.mean() > 0.75


@pytest.mark.parametrize("name", ["3-I", "2-V", "I", "2-direct-down"])
def test_unknown_structure_lists_what_there_is(name: str) -> None:
    with pytest.raises(ConfigError, match="direct, I, II, III, IV"):
        structure_named(name)


def test_structure_names() -> None:
    assert structure_named("auto") is None
    assert structure_named("2-I") == Structure(2, "I", -1)
    assert structure_named("1-direct-rising") == Structure(1, "direct", 1)
