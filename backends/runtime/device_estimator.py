"""An ``EstimatorV2`` whose values come from a device, real or simulated."""

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2, PubResult
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.job import DeviceJob, points_of, result_of
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError


class ValueSource(Protocol):
    """Where the values of an estimator come from."""

    def values(self, pqc: PQC, points: NDArray[np.float64], /) -> Callable[[], Values]:
        """Ask for values at points of shape (n_points, n_parameters); return what fetches them."""


class DeviceEstimator(BaseEstimatorV2):
    """Values from a device, one PUB in each job.

    Args:
        source: Where values come from.
        settings: How jobs are run.
        usage: The totals to add to.

    Attributes:
        found: The values that were fetched, those of each PUB.
    """

    def __init__(self, source: ValueSource, settings: RuntimeSettings, usage: Usage) -> None:
        self.source, self.settings, self.usage = source, settings, usage
        self.found: list[Values] = []
        self._known: list[tuple[QuantumCircuit, PQC]] = []

    def know(self, circuit: QuantumCircuit, pqc: PQC) -> None:
        """Take a circuit that will be asked for, the one of a QNN, for that of a PQC."""
        self._known.append((circuit, pqc))

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> DeviceJob:
        """Submit PUBs, or attach to the jobs of the same ones; the result is waited for.

        Raises:
            BackendError: If a circuit is not known, a precision is not that of the shots, or
                what is asked for is above the limit or refused.
        """
        coerced = [EstimatorPub.coerce(pub, precision) for pub in pubs]
        return DeviceJob([self._submit(pub) for pub in coerced])

    def _submit(self, pub: EstimatorPub) -> Callable[[], PubResult]:
        pqc = self._checked(pub)
        self.usage.pubs += 1
        fetch = self.source.values(pqc, points_of(pub))

        def result() -> PubResult:
            values = fetch()
            self.found.append(values)
            return result_of(pub, values, self.settings.shots)

        return result

    def _checked(self, pub: EstimatorPub) -> PQC:
        """Return the PQC of a PUB that can be evaluated."""
        pqc = next((pqc for circuit, pqc in self._known if circuit is pub.circuit), None)
        if pqc is None:
            raise BackendError(
                "Found a circuit that this backend has not prepared: evaluate the QNN that "
                "backend.qnn(pqc) returns."
            )
        wanted = pub.precision
        if wanted is not None and not np.isclose(wanted, self.settings.precision, rtol=1e-3):
            raise BackendError(
                f"Found a precision of {wanted:g}, {self.settings.shots} shots give "
                f"{self.settings.precision:g}: set the backend's shots instead."
            )
        return pqc
