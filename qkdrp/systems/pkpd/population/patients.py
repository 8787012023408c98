"""Doses of all patients of a table, with the model of a run."""

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.new_samples.form import grid_in, load_in_form
from qkdrp.systems.pkpd.population.network import PopulationNetwork
from qkdrp.systems.pkpd.population.patient import PatientDose, PatientQuestion, patient_dose
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained


def patient_doses(
    trained: Trained[PkpdConfig, Preprocessor],
    reference: State | None,
    source: str,
    question: PatientQuestion,
) -> tuple[list[PatientDose], Trial]:
    """Return the dose of every patient of a table, and the table.

    Args:
        trained: The run.
        reference: What it kept of its data; None where it kept nothing.
        source: The table of patients.
        question: What the dose must achieve.

    Raises:
        ConfigError: If the model has no mechanism: samples say nothing to it.
        DataError: If the table cannot be read, or lacks a covariate of the model.
    """
    if not isinstance(trained.model, PopulationNetwork):
        raise ConfigError(
            f"the model {trained.config.model.model} has no mechanism whose parameters samples "
            "of a patient could tell: train --model mechanistic or greybox."
        )
    trial = load_in_form(source, reference, measured=True)
    population, grid = trained.model.population(), grid_in(reference)
    doses = [patient_dose(population, each, trial, question, grid) for each in trial.subjects]
    return doses, trial
