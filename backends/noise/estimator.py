"""An ``EstimatorV2`` under noise that takes prepared circuits only."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import Target

from qkdrp.backends.isa.prepare import PHYSICAL, check_prepared
from qkdrp.backends.isa.regions import Region
from qkdrp.backends.known_circuits import KnownCircuits
from qkdrp.backends.local_estimator import LocalEstimator, Reals
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.usage import Usage
from qkdrp.circuits.pauli.bases import count_bases, find_bases
from qkdrp.common.errors import BackendError
from qkdrp.common.remaining import LONG_SECONDS, Remaining

CHUNK = 128
"""Points of one run of Aer, which fit into memory together."""


def _tell_nobody(_circuit: QuantumCircuit, _points: int, _seconds: float) -> None:
    """Take no notice."""


class RequestValues(NamedTuple):
    """Values of one request with their standard errors, both of shape (n_points, n_observables).

    Attributes:
        label: Name of the quantum layer that they are of.
        values: The values.
        errors: Their standard errors; 0 where values are exact.
    """

    label: str
    values: Reals
    errors: Reals


class NoisyEstimator(LocalEstimator):
    """Expectation values under noise, readout errors included.

    All points of a PUB are one run of Aer. Precision is set by the sampling: one that is asked for
    must be 0 or that of the shots, since another number of shots would not be what was set up.

    Args:
        sampling: How values are found.
        usage: The totals to add to.
        simulator_of: Gives the simulator of some physical qubits, and their target.
        on_progress: Called with how many points of a PUB are done and how many there are.
        on_long: Called where a PUB takes long, as soon as that is known, with its circuit, the
            number of points and the estimated seconds of all of them.

    Attributes:
        kept: Values of the requests that were to be kept.
    """

    def __init__(
        self,
        sampling: Sampling,
        usage: Usage,
        simulator_of: Callable[[Region], tuple[NoisySimulator, Target]],
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
        on_long: Callable[[QuantumCircuit, int, float], None] = _tell_nobody,
    ) -> None:
        self.sampling, self.shots, self.usage = sampling, sampling.shots, usage
        self.on_progress, self.on_long = on_progress, on_long
        self._simulator_of = simulator_of
        self._labels = KnownCircuits()
        self.kept: list[RequestValues] = []
        self._keeps = False

    @property
    def precision(self) -> float:
        """Precision of the shots; 0 where values are exact."""
        return self.sampling.shots**-0.5 if self.sampling.shots else 0.0

    def executions(self, observables: Sequence[SparsePauliOp]) -> int:
        """Return how many executions a point takes: one for each measurement basis."""
        return count_bases(observables)

    def check_pub(self, pub: EstimatorPub) -> None:
        """Raise where a PUB cannot be evaluated.

        Raises:
            BackendError: If its circuit is not prepared, or its precision not that of the shots.
        """
        if PHYSICAL not in (pub.circuit.metadata or {}):
            raise BackendError(
                "Found a circuit that is not prepared: noise would pass its gates by; "
                "give what the backend's prepare(pqc) returns."
            )
        wanted = pub.precision
        if wanted is not None and not np.isclose(wanted, self.precision, rtol=1e-6, atol=0):
            raise BackendError(
                f"Found a precision of {wanted:g}, this backend has {self.precision:g}: "
                "set its shots instead."
            )

    def evaluate(
        self, circuit: QuantumCircuit, points: Reals, observables: Sequence[SparsePauliOp]
    ) -> tuple[Reals, Reals]:
        """Return values and standard errors of a prepared circuit, some points at a time."""
        simulator, target = self._simulator_of(tuple(circuit.metadata[PHYSICAL]))
        bases = find_bases(observables)
        for basis in bases:
            check_prepared(simulator.turned_to(circuit, basis), target)
        simulator.make_ready(circuit, observables)
        total, done = len(points) * len(bases), 0
        remaining = Remaining(total)

        def on_done(count: int) -> None:
            nonlocal done
            done += count
            remaining.reach(done)
            self.on_progress(done, total)
            seconds = remaining.whole()
            if seconds is not None and seconds >= LONG_SECONDS:
                self.on_long(circuit, total, seconds)

        self.on_progress(0, total)
        found = []
        for start in range(0, len(points), CHUNK):
            part = points[start : start + CHUNK]
            found.append(simulator.evaluate(circuit, part, observables, on_done))
        means, errors = (np.concatenate(parts) for parts in zip(*found, strict=True))
        if self._keeps:
            self.kept.append(RequestValues(self._labels.label_of(circuit), means, errors))
        return means, errors

    def keep(self, on: bool) -> None:
        """Keep the values of requests from now on, or of none."""
        self._keeps = on

    def know(self, circuit: QuantumCircuit, label: str) -> None:
        """Take the circuit of a QNN for that of a quantum layer."""
        self._labels.add(circuit, label)

    def metadata(self, pub: EstimatorPub) -> dict[str, Any]:
        """Return how the values were found."""
        simulator, _ = self._simulator_of(tuple(pub.circuit.metadata[PHYSICAL]))
        return {"method": simulator.method_of(pub.circuit), "shots": self.shots}
