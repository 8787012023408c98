"""The form of a run's table, which tables of new subjects have where they do not tell another."""

from typing import Any

from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.dose.grid import USUAL, grid_of
from qkdrp.training.stored_state import State

SAID, GRID = "said", "grid"
"""Details of what a run keeps of its data; runs of earlier versions have none."""


def with_form(state: State, trial: Trial) -> State:
    """Return what a run keeps of its data, with the form of its table and its step of doses."""
    return State(state.arrays, {**state.details, SAID: dict(trial.said), GRID: grid_of(trial)})


def load_in_form(source: str, reference: State | None, *, measured: bool) -> Trial:
    """Load a table of new subjects, in the form of the run's own unless it tells another.

    Micrograms that are read as milligrams are a dose a thousand times too high, so units and
    columns of the run's trial hold where the table has no ``trial.json``.

    Args:
        source: The table.
        reference: What the run kept of its data; None where it kept nothing.
        measured: Whether observations have to hold values.

    Raises:
        DataError: If it cannot be read.
    """
    said: dict[str, Any] = {} if reference is None else reference.details.get(SAID, {})
    return load_trial(source, measured, said)


def grid_in(reference: State | None) -> float:
    """Return the step of doses of a run's trial, mg."""
    return USUAL if reference is None else float(reference.details.get(GRID, USUAL))
