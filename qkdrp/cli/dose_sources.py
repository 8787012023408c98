"""Run folders as sources of doses."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.dose.model import DoseSource

SYSTEM = "pkpd"
"""The system whose runs have doses."""


def dose_source(path: Path, source: str | None = None, *, variability: bool = True) -> "DoseSource":
    """Return model, trial and refits of a run folder.

    Args:
        path: The run folder.
        source: Its trial, if it has moved.
        variability: Whether a model on features must tell how subjects differ from it.

    Raises:
        RunError: If the run is of another system.
        ConfigError: If it is of a model on features and held no subjects out.
        DataError: If its trial cannot be read, or is another one.
    """
    from qkdrp.runs.run_data import load_run_data, load_run_of
    from qkdrp.systems.pkpd.data.trial import Trial
    from qkdrp.systems.pkpd.dose.from_run import source_of_run

    run = load_run_of(path, SYSTEM)
    trial = load_run_data(run, source)
    assert isinstance(trial, Trial)
    return source_of_run(run, trial, run.known, variability=variability)


def dose_sources(paths: Sequence[Path], *, variability: bool = True) -> "list[DoseSource]":
    """Return the sources of runs of one trial; runs of one model get the names of their folders.

    Args:
        paths: Run folders, at least one.
        variability: As :func:`dose_source`.

    Raises:
        RunError: If a run is of another system.
        ConfigError: If they are of several trials, or as :func:`dose_source`.
    """
    from qkdrp.systems.pkpd.dose.from_run import told_apart

    found = [dose_source(path, variability=variability) for path in paths]
    return told_apart(found, [path.name for path in paths])
