import pytest
import torch

from qkdrp.systems.pkpd.data.trial import Observations, Subject, Trial
from qkdrp.systems.pkpd.population.fit import PopulationFit
from qkdrp.systems.pkpd.population.patient import PatientQuestion, patient_dose


def test_more_samples_make_the_dose_of_a_patient_surer(
    fit: PopulationFit, small_trial: Trial
) -> None:
    subject = small_trial.subjects[-1]
    question = PatientQuestion(target=8.0, direction="above", grid=0.1)
    few = {
        name: Observations(each.times[:2], each.values[:2])
        for name, each in subject.observations.items()
    }
    start = Subject(subject.id, subject.covariates, subject.doses, few, subject.dose_level)
    trial = Trial((start,), small_trial.covariates, small_trial.units, "a patient", synthetic=True)
    early = patient_dose(fit.model, start, trial, question)
    late = patient_dose(fit.model, subject, small_trial, question)
    assert early.n_samples == 4
    assert late.low is not None
    assert late.high is not None
    assert late.low < (late.middle or 0) < late.high
    assert early.high is None or early.high / (early.low or 1) > late.high / late.low
    assert "90% interval" in str(late)
    assert late.to_json()["dose"] == pytest.approx(late.answer.found.dose)
    assert torch.tensor(list(late.parameters.values())).isfinite().all()
