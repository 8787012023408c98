"""What a run keeps of its data, to tell later how far new samples are from them."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from qkdrp.common.errors import DataError, RunError
from qkdrp.runs.kept_rows import read_state
from qkdrp.training.dataset import Dataset
from qkdrp.training.stored_state import State
from qkdrp.training.system import AnySystem
from qkdrp.training.trained import Trained

REFERENCE = "reference.safetensors"
"""Name of the file in a run folder; runs of earlier versions have none."""


def reference_of(trained: Trained[Any, Any], system: AnySystem, dataset: Dataset) -> State | None:
    """Return what a run keeps of its data; None where its system asks for nothing.

    Args:
        trained: The trained model.
        system: Whose model it is.
        dataset: All rows.
    """
    if system.new_samples is None:
        return None
    return system.new_samples.reference(trained, dataset)


def read_reference(path: Path, system: AnySystem) -> State | None:
    """Return what a run kept of its data; None where it kept nothing.

    Args:
        path: The run folder.
        system: Whose run it is.

    Raises:
        RunError: If the file is damaged.
    """
    file = path / REFERENCE
    if system.new_samples is None or not file.exists():
        return None
    try:
        return read_state(file)
    except (OSError, TypeError, ValueError, SafetensorError) as error:
        raise RunError(f"{file}: damaged; copy the run once more, or delete it.") from error


def load_training_data(
    trained: Trained[Any, Any], system: AnySystem, source: str | None, digest: str | None
) -> Dataset:
    """Load the data that a run was trained on.

    Args:
        trained: The run.
        system: Whose run it is.
        source: Where they are now; where they were when it was trained if left out.
        digest: Of the data at that time.

    Raises:
        DataError: If they are gone or have changed.
    """
    data = trained.config.data
    dataset: Dataset = system.load(data.model_copy(update={"source": source or data.source}))
    if dataset.digest() != digest:
        raise DataError(
            f"{source or data.source}: differs from the data that the run was trained on; give "
            "those as --train-data."
        )
    return dataset
