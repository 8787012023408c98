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
from qkdrp.systems.response.preprocess import GeneTransform
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.systems.response.preprocess import Preprocessor

_TRANSFORM = ("fill", "mean", "scale")


@dataclass(frozen=True, eq=False)
class StoredModel:
    """Everything that a prediction needs beside the configuration.

    Args:
        weights: The model's ``state_dict``.
        preprocessor: What was fitted on the training rows.
    """

    weights: dict[str, torch.Tensor]
    preprocessor: Preprocessor

    def save(self, path: Path) -> None:
        """Write weights, preprocessing and label constants; gene names go into the metadata.

        Raises:
            OSError: If the file cannot be written, as on a full disk.
        """
        transform, labels = self.preprocessor.transform, self.preprocessor.labels
        tensors = {f"model.{name}": tensor for name, tensor in self.weights.items()}
        for name in _TRANSFORM:
            tensors[f"genes.{name}"] = torch.from_numpy(getattr(transform, name))
        tensors["label.mean"] = torch.from_numpy(labels.mean_)
        tensors["label.scale"] = torch.from_numpy(labels.scale_)
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
        write_bytes(path, save(tensors, {"genes": json.dumps(transform.genes.tolist())}))

    @classmethod
    def load(cls, path: Path) -> "StoredModel":
        """Read a file that :meth:`save` wrote.

        Raises:
            RunError: If the file is missing or is not one of ours.
        """
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                genes = np.array(json.loads(file.metadata()["genes"]))
            labels = LabelNormaliser()
            labels.mean_ = tensors["label.mean"].numpy()
            labels.scale_ = tensors["label.scale"].numpy()
            labels.n_features_in_ = len(labels.mean_)
            transform = GeneTransform(
                genes, *(tensors[f"genes.{name}"].numpy() for name in _TRANSFORM)
            )
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            raise RunError(
                f"{path}: cannot be read as a trained model; copy the run once more."
            ) from error
        prefix = "model."
        weights = {
            name.removeprefix(prefix): tensor
            for name, tensor in tensors.items()
            if name.startswith(prefix)
        }
        return cls(weights, Preprocessor(transform, labels))
