"""Values from a fake device, simulated here: nothing to pay, nothing to lose."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.isa.prepared_file import pack_prepared
from qkdrp.backends.layer_names import layer_files
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.client_adapters import JobOrder, measurement_bases
from qkdrp.backends.runtime.clients import client_errors, quiet
from qkdrp.backends.runtime.device_circuits import DeviceCircuits
from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC

if TYPE_CHECKING:
    from qkdrp.backends.isa.prepare import PreparedCircuit
    from qkdrp.backends.runtime.client_types import ClientBackend

TAG = "here"
"""Tag of jobs that nobody looks for."""


class SimulatedJobs:
    """Jobs on a fake device.

    Args:
        circuits: Circuits in the device's gates.
        usage: The totals to add to.
    """

    def __init__(self, circuits: DeviceCircuits, usage: Usage) -> None:
        self.circuits, self.usage = circuits, usage
        self._simulator: ClientBackend | None = None
        self._layers: dict[str, PreparedCircuit] = {}

    def values(
        self, pqc: PQC, points: NDArray[np.float64], label: str = ""
    ) -> Callable[[], Values]:
        """Start to simulate; return what waits for the values.

        Args:
            pqc: The circuit.
            points: Shape (n_points, n_parameters).
            label: Name of the quantum layer.

        Raises:
            BackendError: If the client fails, or the device cannot hold the circuit.
        """
        circuits, device = self.circuits, self.circuits.device
        circuits.refuse_hopeless(pqc)
        prepared = self._layers[label] = circuits.prepare(pqc)
        pub = circuits.pub(prepared, points)
        executions = len(points) * measurement_bases(pub)
        self.usage.executions += executions
        self.usage.shots += executions * circuits.settings.shots
        running = f"run on {device.name}"
        with quiet(), client_errors(running):
            self._simulator = self._simulator or circuits.adapter.stand_in(device)
            job = circuits.adapter.submit(self._simulator, JobOrder(pub, circuits.settings, TAG))

        def fetch() -> Values:
            with quiet(), client_errors(running):
                data = job.result()[0].data
            return Values.of(np.asarray(data.evs, float).T, np.asarray(data.stds, float).T)

        return fetch

    def files(self) -> dict[str, bytes]:
        """Return the last circuit of each layer that values were asked of, as files by name."""
        calibrated = self.circuits.device.calibrated
        return layer_files(
            {
                label: pack_prepared(prepared, calibration=calibrated)
                for label, prepared in self._layers.items()
            }
        )

    def gather(self, run_model: Callable[[], object]) -> None:
        """Do nothing: values are there as soon as they are asked for."""

    def close(self) -> None:
        """Do nothing: nothing is open."""
