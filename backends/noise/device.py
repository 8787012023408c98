"""Noise of a fake device: the calibration snapshots of the runtime package."""

from collections.abc import Collection
from functools import cache

import numpy as np
from qiskit.transpiler import InstructionProperties, Target

from qkdrp.backends.isa.fakes import fake_devices
from qkdrp.backends.isa.regions import Region
from qkdrp.backends.isa.targets import NOT_GATES, gates_of, restrict
from qkdrp.backends.noise.base import NoiseSource
from qkdrp.backends.noise.device_parts import DEVICE_PARTS, Calibration
from qkdrp.backends.noise.local import LocalNoise, assignment_matrices
from qkdrp.common.errors import BackendError
from qkdrp.common.names import listed


class FakeDevice(NoiseSource):
    """Gate, relaxation and readout errors of a device on the day of its snapshot.

    Gates and relaxation as in Aer's ``NoiseModel.from_backend``: thermal relaxation for as long as
    the gate takes, and depolarizing errors before it that make up for what the calibrated
    gate error has beyond; without relaxation, all of the gate error is depolarizing. Readout has
    both calibrated probabilities, where Aer takes their mean. Qubits that wait do not relax.

    Args:
        name: Name of the device, such as ``fake_torino``.

    Raises:
        BackendError: If no device is called that; lists them.
    """

    scaling = "gate errors, gate durations (for relaxation) and readout probabilities times scale"

    def __init__(self, name: str) -> None:
        self.name = name
        self._target, self._flips, self.detail = _load(name)

    @property
    def parts(self) -> tuple[str, ...]:  # type: ignore[override]  # as the table has them
        """All of :data:`~qkdrp.backends.noise.device_parts.DEVICE_PARTS`."""
        return tuple(DEVICE_PARTS)

    @property
    def default_parts(self) -> tuple[str, ...]:
        """Those of them that are on unless told otherwise."""
        return tuple(name for name, part in DEVICE_PARTS.items() if part.default)

    def target(self, n_qubits: int) -> Target:
        """Return the device's gates and couplings."""
        if n_qubits > self._target.num_qubits:
            raise BackendError(
                f"The circuit has {n_qubits} qubits, {self.name} has {self._target.num_qubits}: "
                "use a smaller circuit or another device."
            )
        return self._target

    def noise(self, region: Region, parts: Collection[str], scale: float) -> LocalNoise:
        """Return the noise on a few physical qubits."""
        local = Calibration(
            _scaled(restrict(self._target, region), scale, self.name),
            self._flips[list(region)],
            scale,
            self.name,
            frozenset(parts),
        )
        noise = LocalNoise(
            {},
            assignment_matrices(*np.zeros((2, len(region)))),
            tuple(name for name in local.target.operation_names if name not in NOT_GATES),
        )
        for name, part in DEVICE_PARTS.items():
            noise = part.add(local, noise) if name in parts else noise
        return noise


def _scaled(target: Target, scale: float, device: str) -> Target:
    """Return a target with errors and durations of its gates multiplied."""
    scaled = Target(
        num_qubits=target.num_qubits, dt=target.dt, qubit_properties=target.qubit_properties
    )
    for name in target.operation_names:
        entries = {}
        for gate, qubits, properties in gates_of(target):
            if gate != name:
                continue
            error, most = scale * (properties.error or 0.0), 2 ** len(qubits)
            if error > most / (most + 1):
                raise BackendError(
                    f"noise scale {scale:g} gives gate {name} of {device} an error of {error:.3g}: "
                    f"use at most {scale * most / (most + 1) / error:.3g}."
                )
            entries[qubits] = InstructionProperties(scale * (properties.duration or 0.0), error)
        if entries:
            scaled.add_instruction(target.operation_from_name(name), entries, name=name)
    return scaled


@cache
def _load(name: str) -> tuple[Target, np.ndarray, str]:
    """Return target, readout probabilities p01 and p10 of each qubit, and date of a device."""
    devices = fake_devices()
    if name not in devices:
        raise BackendError(f"Unknown device {name!r}: choose one of {listed(sorted(devices))}.")
    device = devices[name]()
    properties = device.properties()
    flips = np.zeros((device.target.num_qubits, 2))
    for qubit in range(len(flips)):
        known = properties.qubit_property(qubit)
        symmetric = known.get("readout_error", (0.0,))
        flips[qubit] = [
            known.get(key, symmetric)[0] for key in ("prob_meas1_prep0", "prob_meas0_prep1")
        ]
    return device.target, flips, f"calibrated {properties.last_update_date:%Y-%m-%d}"
