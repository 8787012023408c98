"""The rows that evaluating a run needs, kept with it: ``test_rows.safetensors``, no pickles."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from qkdrp.common.errors import RunError
from qkdrp.common.files import write_bytes
from qkdrp.training.stored_state import State
from qkdrp.training.system import AnySystem

ROWS = "test_rows.safetensors"
"""Name of the file in a run folder."""


def keep_rows(path: Path, state: State) -> None:
    """Write what :meth:`~qkdrp.training.system.System.keep` returned."""
    arrays = {name: np.ascontiguousarray(array) for name, array in state.arrays.items()}
    details = {name: json.dumps(each) for name, each in state.details.items()}
    write_bytes(path, save(arrays, details))


def read_rows(path: Path, system: AnySystem) -> Any:  # noqa: ANN401  # the system's own data set
    """Read what :func:`keep_rows` wrote, as a data set of the system.

    Raises:
        RunError: If the file is missing, damaged or not one of ours.
    """
    try:
        return system.kept(read_state(path))
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise RunError(
            f"{path}: cannot be read as rows of a run; copy the run once more, or give --data."
        ) from error


def read_state(path: Path) -> State:
    """Read arrays and details that :func:`keep_rows` wrote.

    Raises:
        OSError: If the file is missing.
        ValueError: If it is damaged.
        SafetensorError: If it is none of ours.
    """
    with safe_open(path, framework="np") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        details = {name: json.loads(text) for name, text in (file.metadata() or {}).items()}
    return State(arrays, details)
