"""Signal to noise of the gradient of the loss under shot noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qkdrp.backends.noise.levels import LevelReader, NoiseLevel
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
    from the same shots, so their covariance counts; shifted circuits have shots of their own.

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
        by_sample = shares.reshape(n_samples, len(moves), -1)
        residual = layer.predict(by_sample[:, 0] @ reader.worth) - label
        # What one shot of a sample adds to the derivative of the loss, but for the halved shift.
        worth = np.outer(2 / n_samples * residual, layer.slope) @ reader.worth.T
        means = np.einsum("nms,ns->nm", by_sample[:, 1:], worth)
        squares = np.einsum("nms,ns->nm", by_sample[:, 1:], worth**2)
        plus, minus = np.split(means, 2, axis=1)
        gradient = (plus - minus).sum(axis=0) / 2
        variance = np.clip(squares - means**2, 0.0, None).sum() / 4
        found.append(Signal(float(np.linalg.norm(gradient)), float(np.sqrt(variance))))
    return found
