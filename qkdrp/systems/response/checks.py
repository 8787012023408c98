"""Checks of settings before data are read; imports nothing that takes time."""

from pathlib import Path

from qkdrp.backends.registry import check_backend
from qkdrp.common.errors import DataError
from qkdrp.systems.response.config import DataConfig, TrainConfig
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.training.source import check_source


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
