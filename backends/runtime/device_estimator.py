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

    def values(self, pqc: PQC, points: NDArray[np.float64], label: str, /) -> Callable[[], Values]:
        """Ask for values at points of shape (n_points, n_parameters); return what fetches them.

        The label is the name of the quantum layer.
        """


class DeviceEstimator(BaseEstimatorV2):
    """Values from a device, one PUB in each job.

    Args:
        source: Where values come from.
        settings: How jobs are run.
        usage: The totals to add to.

    Attributes:
        found: The values that were fetched, those of each PUB.
        layers: The name of the layer that each of them is of.
    """

    def __init__(self, source: ValueSource, settings: RuntimeSettings, usage: Usage) -> None:
        self.source, self.settings, self.usage = source, settings, usage
        self.found: list[Values] = []
        self.layers: list[str] = []
        self._known: list[tuple[QuantumCircuit, PQC, str]] = []

    def know(self, circuit: QuantumCircuit, pqc: PQC, label: str = "") -> None:
        """Take a circuit that will be asked for, the one of a QNN, for that of a PQC.

        Args:
            circuit: The one of the QNN.
            pqc: The circuit that it is.
            label: Name of the quantum layer.
        """
        self._known.append((circuit, pqc, label))

    def forget(self, n_kept: int = 0) -> None:
        """Forget values that were fetched, all but the first ones."""
        del self.found[n_kept:], self.layers[n_kept:]

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> DeviceJob:
        """Submit PUBs, or attach to the jobs of the same ones; the result is waited for.

        Raises:
            BackendError: If a circuit is not known, a precision is not that of the shots, or
                what is asked for is above the limit or refused.
        """
        coerced = [EstimatorPub.coerce(pub, precision) for pub in pubs]
        return DeviceJob([self._submit(pub) for pub in coerced])

    def _submit(self, pub: EstimatorPub) -> Callable[[], PubResult]:
        pqc, label = self._checked(pub)
        self.usage.pubs += 1
        fetch = self.source.values(pqc, points_of(pub), label)

        def result() -> PubResult:
            values = fetch()
            self.found.append(values)
            self.layers.append(label)
            return result_of(pub, values, self.settings.shots)

        return result

    def _checked(self, pub: EstimatorPub) -> tuple[PQC, str]:
        """Return the PQC of a PUB that can be evaluated, and the name of its layer."""
        found = next((each[1:] for each in self._known if each[0] is pub.circuit), None)
        if found is None:
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
        return found
