"""The quantum layer of a trained model and its linear head, in double precision."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.nn.hybrid import HybridModel

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layer:
    """The circuit of a model on some samples, and its head.

    Args:
        angles: Inputs of the circuit, shape (n_samples, n_inputs), radians.
        weights: Weights of the circuit, shape (n_weights,), radians.
        slope: Of the head, shape (n_outputs,).
        offset: Of the head.
    """

    angles: Reals
    weights: Reals
    slope: Reals
    offset: float

    @property
    def points(self) -> Reals:
        """Inputs, then weights, shape (n_samples, n_inputs + n_weights)."""
        weights = np.tile(self.weights, (len(self.angles), 1))
        return np.concatenate([self.angles, weights], axis=1)

    def predict(self, values: Reals) -> Reals:
        """Return predictions, shape (...,), from expectation values, shape (..., n_outputs)."""
        return values @ self.slope + self.offset

    def head(self, count: int) -> "Layer":
        """Return the same layer on the first samples."""
        return Layer(self.angles[:count], self.weights, self.slope, self.offset)


@torch.no_grad()
def layer_of(model: HybridModel, genes: NDArray[np.float32], *, fresh: bool = False) -> Layer:
    """Return the circuit of a model with a quantum core on some samples.

    Args:
        model: The model.
        genes: Preprocessed expression, shape (n_samples, n_genes).
        fresh: Whether the model is not trained yet: batch normalisation then takes the statistics
            of these samples, as the first step of training does.
    """
    model.train(fresh)
    angles = model.normalisation(model.encoder(torch.from_numpy(np.array(genes))))
    slope, offset = np.ones(1), 0.0
    if isinstance(model.head, nn.Linear):
        slope = model.head.weight[0].double().numpy()
        offset = float(model.head.bias.double())
    weights = model.core.weight
    assert isinstance(weights, torch.Tensor)
    return Layer(angles.double().numpy(), weights.double().numpy(), slope, offset)
