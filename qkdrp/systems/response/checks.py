"""Checks of settings before data are read; imports nothing that takes time."""

from pathlib import Path

from qkdrp.backends.registry import check_backend
from qkdrp.common.errors import DataError
from qkdrp.common.names import closest
from qkdrp.systems.response.config import DataConfig, TrainConfig
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.training.run_config import SYNTHETIC


def check_config(config: TrainConfig) -> None:
    """Refuse unknown names, a folder that is not there, and settings that do not fit together.

    Raises:
        ConfigError: If the model is unknown, or cannot learn a and r.
        CircuitError: If a choice of the circuit is unknown.
        BackendError: If the backend or one of its options is unknown, or a value cannot be right.
        DataError: If the data folder, or a file that a setting names, is not there.
    """
    recipe_of(config.model)
    check_backend(config.backend, config.backend_options)
    check_data(config.data)


def check_data(data: DataConfig) -> None:
    """Refuse a data folder, and files of settings, that are not there.

    Raises:
        DataError: If so.
    """
    check_source(data.source)
    for path in (data.split, data.gene_map):
        if path is not None and not Path(path).is_file():
            raise DataError(f"{path}: no such file; give the path of a table.")


def check_source(source: str) -> None:
    """Refuse a data source that is not there.

    Args:
        source: ``"synthetic"`` or a folder.

    Raises:
        DataError: If there is no such folder; names the one that may be meant.
    """
    folder = Path(source)
    if source == SYNTHETIC or folder.is_dir():
        return
    parent = folder.parent
    beside = [each.name for each in parent.iterdir() if each.is_dir()] if parent.is_dir() else []
    like = closest(folder.name, [*beside, SYNTHETIC])
    meant = SYNTHETIC if like == SYNTHETIC else str(parent / (like or ""))
    raise DataError(
        f"{folder}: no such folder; give {SYNTHETIC!r} or a folder with data"
        + (f"; did you mean {meant!r}?" if like else ".")
    )
