"""Base of estimators that compute on this machine: points and observables, broadcast."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
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

from qkdrp.backends.usage import Usage

Reals = NDArray[np.float64]


class LocalEstimator(BaseEstimatorV2):
    """An ``EstimatorV2`` that evaluates all points of a PUB at once, each observable once.

    A PUB without points or observables has no values; nothing runs for it.

    Attributes:
        usage: The totals that PUBs, points and shots are added to.
        shots: Shots of each evaluation; 0 where values are exact.
    """

    usage: Usage
    shots: int = 0

    @abstractmethod
    def evaluate(
        self, circuit: QuantumCircuit, points: Reals, observables: Sequence[SparsePauliOp]
    ) -> tuple[Reals, Reals]:
        """Return values and their standard errors, both of shape (n_points, n_observables).

        Args:
            circuit: Without measurements.
            points: Parameters in the circuit's order, shape (n_points, n_parameters).
            observables: On all qubits of the circuit, no two alike.
        """

    @property
    def precision(self) -> float:
        """The precision that is aimed at where none is asked for; 0 where values are exact."""
        return 0.0

    def executions(self, observables: Sequence[SparsePauliOp]) -> int:  # noqa: ARG002
        """Return how many executions a point takes; one for all where nothing is measured."""
        return 1

    def check_pub(self, pub: EstimatorPub) -> None:
        """Raise where a PUB cannot be evaluated; before any of its job is."""

    def metadata(self, pub: EstimatorPub) -> dict[str, Any]:  # noqa: ARG002
        """Return what the result of a PUB says beside its numbers."""
        return {}

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Evaluate PUBs.

        Args:
            pubs: Circuits, observables and parameter values.
            precision: What is asked for where a PUB asks for nothing; :attr:`precision` where
                left out.

        Raises:
            QkdrpError: If a PUB cannot be evaluated.
        """
        wanted = self.precision if precision is None else precision
        coerced = [EstimatorPub.coerce(pub, wanted) for pub in pubs]
        for pub in coerced:
            self.check_pub(pub)
        job: PrimitiveJob[PrimitiveResult[PubResult]] = PrimitiveJob(self._run, coerced)
        job._submit()  # as every primitive of qiskit.primitives does
        return job

    def _run(self, pubs: list[EstimatorPub]) -> PrimitiveResult[PubResult]:
        return PrimitiveResult([self._run_pub(pub) for pub in pubs], metadata={"version": 2})

    def _run_pub(self, pub: EstimatorPub) -> PubResult:
        about = {"target_precision": pub.precision, "circuit_metadata": pub.circuit.metadata}
        about |= self.metadata(pub)
        if pub.size == 0:
            return PubResult(
                DataBin(evs=np.zeros(pub.shape), stds=np.zeros(pub.shape), shape=pub.shape), about
            )
        operators, columns = _distinct(pub)
        values = pub.parameter_values
        points = values.as_array(pub.circuit.parameters).reshape(values.size, -1)
        self.usage.pubs += 1
        executions = len(points) * self.executions(operators)
        self.usage.executions += executions
        self.usage.shots += executions * self.shots
        means, errors = self.evaluate(pub.circuit, points, operators)
        point, column = np.broadcast_arrays(
            np.arange(len(points)).reshape(values.shape),
            columns.reshape(pub.observables.shape),
        )
        evs, stds = np.asarray(means[point, column]), np.asarray(errors[point, column])
        return PubResult(DataBin(evs=evs, stds=stds, shape=evs.shape), about)


class ExactEstimator(LocalEstimator):
    """A local estimator whose values are exact, whatever precision is asked for.

    Standard errors are 0 and the metadata of each result say ``"exact": True``. No noise is added
    to meet a precision, unlike by ``StatevectorEstimator`` and Aer's ``EstimatorV2``: a stock
    ``EstimatorQNN`` asks for 1/64 on every forward pass.
    """

    def metadata(self, pub: EstimatorPub) -> dict[str, Any]:  # noqa: ARG002
        """Return that the values are exact."""
        return {"exact": True}


def _distinct(pub: EstimatorPub) -> tuple[list[SparsePauliOp], NDArray[np.int64]]:
    """Return the distinct observables of a PUB, and which of them each of its observables is."""
    place: dict[str, int] = {}
    flat = pub.observables.ravel()
    columns = [place.setdefault(repr(each), len(place)) for each in flat.tolist()]
    distinct = flat.sparse_observables_array()[[columns.index(each) for each in range(len(place))]]
    return [SparsePauliOp.from_sparse_observable(each) for each in distinct], np.array(columns)
