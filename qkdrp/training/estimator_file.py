"""A trained regressor in one file without pickles: tensors, and JSON in the file's metadata."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from qkdrp.common.errors import RunError
from qkdrp.common.files import write_bytes
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.stored_state import State

FORMAT = 1
"""Version of the file's layout."""

DETAILS = "regressor"
"""Name of the JSON text among the metadata."""

STATE = "state."
"""Beginning of the names of arrays that were fitted before the model; other names are weights."""


@dataclass(frozen=True, eq=False)
class StoredEstimator:
    """Everything that makes a fitted regressor again.

    Args:
        estimator: Name of its class.
        parameters: What its constructor takes, as JSON.
        n_features: Number of columns.
        feature_names: Names of the columns; None where they have none.
        fit: The course of its training.
        weights: The model's ``state_dict``.
        state: What was fitted before the model; None for nothing.
    """

    estimator: str
    parameters: Mapping[str, Any]
    n_features: int
    feature_names: list[str] | None
    fit: Fit
    weights: Mapping[str, torch.Tensor]
    state: State | None = None

    def save(self, path: Path, *, overwrite: bool) -> None:
        """Write the file, whole or not at all.

        Raises:
            RunError: If there is a file already that may not be replaced.
        """
        if path.exists() and not overwrite:
            raise RunError(f"{path}: exists already; give another path, or overwrite=True.")
        details = {
            "format": FORMAT,
            "estimator": self.estimator,
            "parameters": dict(self.parameters),
            "n_features": self.n_features,
            "feature_names": self.feature_names,
            "fit": asdict(self.fit),
        }
        tensors = dict(self.weights)
        if self.state is not None:
            details["state"] = dict(self.state.details)
            arrays = self.state.arrays.items()
            tensors |= {f"{STATE}{name}": torch.tensor(array) for name, array in arrays}
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
        write_bytes(path, save(tensors, {DETAILS: json.dumps(details)}))

    @classmethod
    def load(cls, path: Path, estimator: str) -> Self:
        """Read a file that :meth:`save` wrote.

        Args:
            path: The file.
            estimator: Name of the class that it must be of.

        Raises:
            RunError: If the file is missing, damaged, or of another regressor.
        """
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                details = json.loads(file.metadata()[DETAILS])
            if details["format"] != FORMAT:
                raise RunError(f"{path}: was written by another version of qkdrp; train again.")
            if details["estimator"] != estimator:
                raise RunError(f"{path}: holds a {details['estimator']}, expected a {estimator}.")
            fit = details["fit"]
            return cls(
                estimator,
                details["parameters"],
                details["n_features"],
                details["feature_names"],
                Fit(**fit | {"epochs": [Epoch(**epoch) for epoch in fit["epochs"]]}),
                {name: each for name, each in tensors.items() if not name.startswith(STATE)},
                _state_of(tensors, details["state"]) if "state" in details else None,
            )
        except FileNotFoundError as error:
            raise RunError(f"{path}: no such file.") from error
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            if isinstance(error, RunError):
                raise
            raise unreadable(path) from error

    def give_weights(self, model: nn.Module, path: Path) -> None:
        """Give a model the weights.

        Raises:
            RunError: If they do not fit it.
        """
        try:
            model.load_state_dict(dict(self.weights))
        except RuntimeError as error:
            raise unreadable(path) from error


def _state_of(tensors: Mapping[str, torch.Tensor], details: Mapping[str, Any]) -> State:
    arrays = {
        name.removeprefix(STATE): tensor.numpy()
        for name, tensor in tensors.items()
        if name.startswith(STATE)
    }
    return State(arrays, details)


def unreadable(path: Path) -> RunError:
    """Return the error for a file that is no regressor of ours."""
    return RunError(f"{path}: cannot be read as a saved regressor; save it once more.")
