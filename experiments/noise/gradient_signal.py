"""Signal to noise of the gradient of the loss under shot noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qkdrp.backends.noise.levels import LevelReader, NoiseLevel, values_of
from qkdrp.backends.qnn.parameter_shift import check_shiftable
from qkdrp.circuits.pauli.angles import QUARTER_TURN
from qkdrp.experiments.noise.layer import Layer, Reals


@dataclass(frozen=True)
class Signal:
    """The gradient of the squared error by the circuit's weights, at one level of noise.

    Args:
        norm: Its length with infinitely many shots.
        spread: Root of the summed variances of its entries, if each circuit had one shot.
    """

    norm: float
    spread: float

    def to_noise(self, shots: int) -> float | None:
        """Return signal to noise: the length over its standard error; None without shot noise.

        Args:
            shots: Of each shifted circuit; 0 for infinitely many.
        """
        return self.norm * shots**0.5 / self.spread if shots and self.spread > 0 else None


def gradient_signals(
    reader: LevelReader, layer: Layer, label: Reals, levels: Sequence[NoiseLevel]
) -> list[Signal]:
    """Return the gradient's signal at each level, by the parameter-shift rule.

    The mean squared error is that of the noisy values with infinitely many shots. Outputs are read
    from the same shots, so their covariance counts; shifted circuits and other measurement bases
    have shots of their own.

    Args:
        reader: Reads the circuit under noise.
        layer: The circuit on some samples.
        label: Of these samples, shape (n_samples,).
        levels: Levels of noise.

    Raises:
        BackendError: If the rule does not hold for the circuit.
    """
    check_shiftable(reader.prepared.pqc.circuit)
    n_samples, n_inputs = layer.angles.shape
    n_weights = len(layer.weights)
    one = np.zeros((n_weights, n_inputs + n_weights))
    one[:, n_inputs:] = QUARTER_TURN * np.eye(n_weights)
    moves = np.concatenate([np.zeros((1, one.shape[1])), one, -one])
    points = (layer.points[:, np.newaxis] + moves).reshape(-1, one.shape[1])
    found = []
    for shares in reader.read(points, levels):
        by_sample = shares.reshape(n_samples, len(moves), *shares.shape[1:])
        residual = layer.predict(values_of(by_sample[:, 0], reader.worth)) - label
        # What one shot of a sample adds to the derivative of the loss, but for the halved shift.
        by_output = np.outer(2 / n_samples * residual, layer.slope)
        slopes, variances = [], []
        for basis, of_basis in enumerate(reader.worth):
            worth, moved = by_output @ of_basis.T, by_sample[:, 1:, basis]
            means = np.einsum("nms,ns->nm", moved, worth)
            squares = np.einsum("nms,ns->nm", moved, worth**2)
            plus, minus = np.split(means, 2, axis=1)
            slopes.append((plus - minus).sum(axis=0) / 2)
            variances.append(np.clip(squares - means**2, 0.0, None).sum() / 4)
        gradient, variance = np.sum(slopes, axis=0), float(np.sum(variances))
        found.append(Signal(float(np.linalg.norm(gradient)), float(np.sqrt(variance))))
    return found
