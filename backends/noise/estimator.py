"""An ``EstimatorV2`` under noise that takes prepared circuits only."""

from collections.abc import Callable, Iterable

import numpy as np
from qiskit.primitives import (
    BaseEstimatorV2,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    PubResult,
)
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import Target

from qkdrp.backends.isa.prepare import PHYSICAL, check_prepared
from qkdrp.backends.isa.regions import Region
from qkdrp.backends.noise.simulator import NoisySimulator, Sampling
from qkdrp.backends.usage import Usage
from qkdrp.circuits.errors import BackendError

CHUNK = 128
"""Points of one run of Aer: progress is told between runs."""


class NoisyEstimator(BaseEstimatorV2):
    """Expectation values under noise, readout errors included.

    All points of a PUB are one run of Aer. Precision is set by the sampling: one that is asked for
    must be 0 or that of the shots, since another number of shots would not be what was set up.

    Args:
        sampling: How values are found.
        usage: The totals to add to.
        simulator_of: Gives the simulator of some physical qubits, and their target.
        on_progress: Called with how many points of a PUB are done and how many there are.
    """

    def __init__(
        self,
        sampling: Sampling,
        usage: Usage,
        simulator_of: Callable[[Region], tuple[NoisySimulator, Target]],
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self.sampling, self.usage = sampling, usage
        self.on_progress = on_progress
        self._simulator_of = simulator_of

    @property
    def precision(self) -> float:
        """Precision that the shots come to; 0 where values are exact."""
        return self.sampling.shots**-0.5 if self.sampling.shots else 0.0

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Evaluate PUBs.

        Raises:
            BackendError: If a circuit is not prepared, or a precision is not that of the shots.
        """
        coerced = [EstimatorPub.coerce(pub, precision) for pub in pubs]
        for pub in coerced:
            self._check(pub)
        job: PrimitiveJob[PrimitiveResult[PubResult]] = PrimitiveJob(self._run, coerced)
        job._submit()  # as Qiskit's own estimators do
        return job

    def _check(self, pub: EstimatorPub) -> None:
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

    def _run(self, pubs: list[EstimatorPub]) -> PrimitiveResult[PubResult]:
        return PrimitiveResult([self._run_pub(pub) for pub in pubs], metadata={"version": 2})

    def _run_pub(self, pub: EstimatorPub) -> PubResult:
        circuit = pub.circuit
        simulator, target = self._simulator_of(tuple(circuit.metadata[PHYSICAL]))
        check_prepared(circuit, target)
        observables = pub.observables.ravel().tolist()
        distinct = {tuple(sorted(each.items())): each for each in observables}
        place = {key: index for index, key in enumerate(distinct)}
        operators = [SparsePauliOp.from_list(list(each.items())) for each in distinct.values()]

        points = pub.parameter_values.as_array(circuit.parameters)
        points = points.reshape(pub.parameter_values.size, -1)
        self.usage.pubs += 1
        self.usage.executions += len(points)
        self.usage.shots += len(points) * self.sampling.shots
        found = []
        for start in range(0, len(points), CHUNK):
            found.append(simulator.evaluate(circuit, points[start : start + CHUNK], operators))
            self.on_progress(min(start + CHUNK, len(points)), len(points))
        means, errors = (np.concatenate(parts) for parts in zip(*found, strict=True))

        columns = [place[tuple(sorted(each.items()))] for each in observables]
        point, column = np.broadcast_arrays(
            np.arange(len(points)).reshape(pub.parameter_values.shape),
            np.array(columns).reshape(pub.observables.shape),
        )
        evs, stds = np.asarray(means[point, column]), np.asarray(errors[point, column])
        return PubResult(
            DataBin(evs=evs, stds=stds, shape=evs.shape),
            metadata={
                "target_precision": pub.precision,
                "circuit_metadata": circuit.metadata,
                "method": simulator.method,
                "shots": self.sampling.shots,
            },
        )
