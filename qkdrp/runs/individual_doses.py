"""Doses of single patients with the model of a run folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.common.errors import ConfigError, RunError
from qkdrp.runs.doses import SYSTEM
from qkdrp.runs.folder import load_run
from qkdrp.runs.reference_file import read_reference

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.population.patient import PatientDose, PatientQuestion


def individual_doses(
    path: Path, source: str, question: "PatientQuestion"
) -> "tuple[list[PatientDose], tuple[str, ...]]":
    """Return the dose of every patient of a table, and what should be known of the table.

    Args:
        path: The run folder.
        source: The table of patients.
        question: What the dose must achieve.

    Raises:
        RunError: If the run is of another system.
        ConfigError: If its model has no mechanism.
        DataError: If the table cannot be read, or lacks a covariate of the model.
    """
    from qkdrp.systems.pkpd.new_samples.form import grid_in, load_in_form
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
    reference = read_reference(path, run.system)
    trial = load_in_form(source, reference, measured=True)
    population = run.model.population()
    grid = grid_in(reference)
    doses = [patient_dose(population, each, trial, question, grid) for each in trial.subjects]
    return doses, trial.notes
