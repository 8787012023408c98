"""A trained circuit on held-out rows, kept with the result of its training."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.settings import Settings
from qkdrp.experiments.noise.layer import Layer, Reals
from qkdrp.experiments.study.keys import Layout, plain

FIRST_KEPT: Layout = plain("angles", "weights", "slope", "offset", "exact", "label", "responder")
"""What was kept in the first version."""


class KeptLayer(Settings):
    """All that is needed to evaluate a trained model's circuit elsewhere.

    Args:
        angles: Inputs of the circuit on the held-out rows, shape (n, n_inputs), radians.
        weights: Of the circuit, radians.
        slope: Of the head.
        offset: Of the head.
        exact: Noiseless expectation values, shape (n, n_outputs).
        label: Measured normalised label of the rows.
        responder: Whether each is a responder.
    """

    angles: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    slope: tuple[float, ...]
    offset: float
    exact: tuple[tuple[float, ...], ...]
    label: tuple[float, ...]
    responder: tuple[bool, ...]

    def layer(self) -> Layer:
        """Return circuit and head."""
        return Layer(
            np.array(self.angles), np.array(self.weights), np.array(self.slope), self.offset
        )

    @classmethod
    def of(cls, layer: Layer, exact: Reals, label: Reals, responder: NDArray[np.bool_]) -> Self:
        """Return what is kept of a circuit on held-out rows."""
        return cls(
            angles=layer.angles.tolist(),
            weights=layer.weights.tolist(),
            slope=layer.slope.tolist(),
            offset=layer.offset,
            exact=exact.tolist(),
            label=label.tolist(),
            responder=responder.tolist(),
        )
