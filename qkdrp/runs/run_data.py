"""Runs of a system, loaded with the data that they were trained on."""

from pathlib import Path

from qkdrp.common.errors import DataError, RunError
from qkdrp.runs.folder import Run, load_run, read_metrics
from qkdrp.training.dataset import Dataset


def load_run_of(path: Path, system: str) -> Run:
    """Load a run of a system.

    Args:
        path: The run folder.
        system: Name of the system.

    Raises:
        RunError: If the run is of another system, or cannot be read.
    """
    run = load_run(path)
    if run.system.name != system:
        raise RunError(
            f"{path}: is a run of the system {run.system.name}, expected one of {system}: give a "
            f"run of qkdrp train-{system}."
        )
    return run


def load_run_data(run: Run, source: str | None = None) -> Dataset:
    """Load the data that a run was trained on.

    Args:
        run: The run.
        source: Where they are, if they have moved.

    Raises:
        DataError: If they cannot be read, or are others.
    """
    data = run.config.data
    try:
        dataset: Dataset = run.system.load(
            data.model_copy(update={"source": source or data.source})
        )
    except DataError as error:
        if source is not None:
            raise
        raise DataError(f"{error} Give --data, what the run was fitted to.") from error
    if dataset.digest() != read_metrics(run.path).get("data_sha256"):
        raise DataError(
            f"{source or data.source}: differs from what {run.path} was fitted to; give "
            "--data that one, or train again."
        )
    return dataset
