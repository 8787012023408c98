"""Primitive jobs whose values are fetched from a device when they are asked for."""

from collections.abc import Callable, Sequence
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import BasePrimitiveJob, DataBin, PrimitiveResult, PubResult
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime.answers import Values


class DeviceJob(BasePrimitiveJob[PrimitiveResult[PubResult], str]):
    """Values that are waited for where they are asked for, so that Ctrl-C ends the waiting.

    Args:
        fetches: Give the result of each PUB.
    """

    def __init__(self, fetches: Sequence[Callable[[], PubResult]]) -> None:
        super().__init__(job_id=uuid4().hex)
        self._fetches = fetches
        self._result: PrimitiveResult[PubResult] | None = None

    def result(self) -> PrimitiveResult[PubResult]:
        """Return the values, once."""
        if self._result is None:
            found = [fetch() for fetch in self._fetches]
            self._result = PrimitiveResult(found, metadata={"version": 2})
        return self._result

    def status(self) -> str:
        """Return whether values were fetched."""
        return "DONE" if self.done() else "RUNNING"

    def done(self) -> bool:
        """Tell whether values were fetched."""
        return self._result is not None

    def running(self) -> bool:
        """Tell whether values are still to be fetched."""
        return not self.done()

    def cancelled(self) -> bool:
        """Jobs are cancelled by the ledger, not here."""
        return False

    def in_final_state(self) -> bool:
        """Tell whether values were fetched."""
        return self.done()

    def cancel(self) -> None:
        """Jobs are cancelled by the ledger, not here."""


def points_of(pub: EstimatorPub) -> NDArray[np.float64]:
    """Return the points of a PUB, shape (n_points, n_parameters), in the circuit's own order."""
    parameters = [*pub.circuit.parameters]
    points = pub.parameter_values.as_array(parameters)
    return np.asarray(points, float).reshape(pub.parameter_values.size, len(parameters))


def result_of(pub: EstimatorPub, values: Values, shots: int) -> PubResult:
    """Return values as the result of a PUB, broadcast as its points and observables are.

    Args:
        pub: Points and observables.
        values: Of every point and observable, shape (n_points, n_observables).
        shots: Of each point.
    """
    point, column = np.broadcast_arrays(
        np.arange(len(values.evs)).reshape(pub.parameter_values.shape),
        np.arange(values.evs.shape[1]).reshape(pub.observables.shape),
    )
    evs, stds = values.evs[point, column], values.stds[point, column]
    return PubResult(
        DataBin(evs=evs, stds=stds, shape=evs.shape),
        metadata={"shots": shots, "target_precision": pub.precision},
    )
