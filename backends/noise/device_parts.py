"""Parts of a device's noise, each switched on and off by its name: gates, relaxation, readout.

The help of the command line lists them, so Qiskit is loaded only where noise is made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from qkdrp.backends.choices import GATES, READOUT, RELAXATION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from qiskit.transpiler import Target

    from qkdrp.backends.noise.local import LocalNoise


@dataclass(frozen=True)
class Calibration:
    """What is known of the few qubits of a circuit, for the parts of their noise.

    Args:
        target: Their gates, errors and durations times ``scale``.
        flips: Probabilities p01 and p10 of each qubit, as calibrated, shape (n_qubits, 2).
        scale: What every error probability is multiplied by.
        device: Name of the device, for messages.
        on: All parts that are on.
    """

    target: "Target"
    flips: "NDArray[np.float64]"
    scale: float
    device: str
    on: frozenset[str]


@dataclass(frozen=True)
class DevicePart:
    """A part of a device's noise that can be switched on and off.

    Args:
        add: Gives noise that has this part, too, from noise that has the parts before it.
        default: Whether it is on where nothing is said.
    """

    add: Callable[[Calibration, "LocalNoise"], "LocalNoise"]
    default: bool = True


def _gate_errors(local: Calibration, noise: "LocalNoise") -> "LocalNoise":
    """Add depolarizing errors, and relaxation before them where it is on."""
    return _with_errors(local, noise, gate_error=True, thermal_relaxation=RELAXATION in local.on)


def _relaxation(local: Calibration, noise: "LocalNoise") -> "LocalNoise":
    """Add relaxation, where gate errors have not brought it."""
    if GATES in local.on:
        return noise
    return _with_errors(local, noise, gate_error=False, thermal_relaxation=True)


def _with_errors(local: Calibration, noise: "LocalNoise", **which: bool) -> "LocalNoise":
    from qiskit_aer.noise.device import basic_device_gate_errors

    found = basic_device_gate_errors(target=local.target, **which)
    return replace(noise, errors={(gate, tuple(qubits)): error for gate, qubits, error in found})


def _readout(local: Calibration, noise: "LocalNoise") -> "LocalNoise":
    """Add the calibrated assignment matrices."""
    from qkdrp.backends.noise.local import scaled_assignment

    assignment = scaled_assignment(local.flips, local.scale, local.device)
    return replace(noise, assignment=assignment)


DEVICE_PARTS: Mapping[str, DevicePart] = MappingProxyType(
    {
        GATES: DevicePart(_gate_errors),
        RELAXATION: DevicePart(_relaxation),
        READOUT: DevicePart(_readout),
    }
)
"""What a device's noise is made of, in the order in which it is added; ``--noise-parts`` takes the
names. A new one, such as crosstalk, is a row here; without ``default`` it changes no number of
those who do not ask for it."""
