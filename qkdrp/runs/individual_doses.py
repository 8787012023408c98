"""Doses of single patients with the model of a run folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.common.errors import ConfigError, RunError
from qkdrp.runs.doses import SYSTEM
from qkdrp.runs.folder import load_run

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.population.patient import PatientDose, PatientQuestion


def individual_doses(path: Path, source: str, question: "PatientQuestion") -> "list[PatientDose]":
    """Return the dose of every patient of a table.

    Args:
        path: The run folder.
        source: The table of patients.
        question: What the dose must achieve.

    Raises:
        RunError: If the run is of another system.
        ConfigError: If its model has no mechanism.
        DataError: If the table cannot be read, or lacks a covariate of the model.
    """
    from qkdrp.systems.pkpd.population.network import PopulationNetwork
    from qkdrp.systems.pkpd.population.patient import patient_dose

    run = load_run(path)
    if run.system.name != SYSTEM:
        raise RunError(
            f"{path}: is a run of the system {run.system.name}; doses are those of {SYSTEM}: give "
            "a run of qkdrp train-pkpd."
        )
    if not isinstance(run.model, PopulationNetwork):
        raise ConfigError(
            f"{path}: the model {run.config.model.model} has no mechanism: train --model "
            "mechanistic or greybox for doses."
        )
    trial = run.system.load(run.config.data.model_copy(update={"source": source}))
    population = run.model.population()
    return [patient_dose(population, each, trial, question) for each in trial.subjects]
