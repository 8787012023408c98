"""A trained model in one file without pickles: ``model.safetensors``."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from qkdrp.common.errors import RunError
from qkdrp.common.files import write_bytes
from qkdrp.training.stored_state import State

WEIGHTS = "model."
"""Beginning of the names of weights; other names are the preprocessor's."""


@dataclass(frozen=True, eq=False)
class StoredModel:
    """Everything that a prediction needs beside the configuration.

    Args:
        weights: The model's ``state_dict``.
        preprocessor: State of what was fitted on the training rows.
    """

    weights: dict[str, torch.Tensor]
    preprocessor: State

    def save(self, path: Path) -> None:
        """Write weights and preprocessing; details of the latter go into the metadata.

        Raises:
            OSError: If the file cannot be written, as on a full disk.
        """
        tensors = {f"{WEIGHTS}{name}": tensor for name, tensor in self.weights.items()}
        tensors |= {
            name: torch.from_numpy(array) for name, array in self.preprocessor.arrays.items()
        }
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
        details = {name: json.dumps(each) for name, each in self.preprocessor.details.items()}
        write_bytes(path, save(tensors, details))

    @classmethod
    def load(cls, path: Path) -> "StoredModel":
        """Read a file that :meth:`save` wrote.

        Raises:
            RunError: If the file is missing or is not one of ours.
        """
        weights, arrays = dict[str, torch.Tensor](), dict[str, np.ndarray]()
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118
                    if name.startswith(WEIGHTS):
                        weights[name.removeprefix(WEIGHTS)] = file.get_tensor(name)
                    else:
                        arrays[name] = file.get_tensor(name).numpy()
                details = {name: json.loads(text) for name, text in (file.metadata() or {}).items()}
        except (OSError, TypeError, ValueError, SafetensorError) as error:
            raise unreadable_model(path) from error
        return cls(weights, State(arrays, details))


def unreadable_model(path: Path) -> RunError:
    """Return the error for a file that is no model of ours."""
    return RunError(f"{path}: cannot be read as a trained model; copy the run once more.")
