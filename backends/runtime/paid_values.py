"""A backend of values that are paid for: it reads one evaluation and cannot submit."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Never

import numpy as np
from qiskit.primitives import BaseEstimatorV2, PubResult
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.base import Backend
from qkdrp.backends.qnn.parameter_shift import SpsaGradient
from qkdrp.backends.qnn.shifted_network import ShiftedQNN
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.client_types import ClientService
from qkdrp.backends.runtime.cost import RuntimeCost, tell_nobody
from qkdrp.backends.runtime.evaluation_record import circuit_of
from qkdrp.backends.runtime.job import DeviceJob, points_of, result_of
from qkdrp.backends.runtime.job_collection import JobCollection
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, summary
from qkdrp.backends.runtime.points import same_points, unpack_points
from qkdrp.backends.runtime.result_files import job_files, value_files
from qkdrp.backends.runtime.value_request import ValueRequest
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError


class PaidEstimator(BaseEstimatorV2):
    """Gives the values of one evaluation of the ledger, at the points that it is of.

    Args:
        evaluation: The evaluation.
        fetch: Gives its values.
    """

    def __init__(self, evaluation: Evaluation, fetch: Callable[[], Values]) -> None:
        self.evaluation, self.fetch = evaluation, fetch
        self.found: list[Values] = []

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> DeviceJob:
        """Return the values of PUBs.

        Raises:
            BackendError: If a PUB has other points or observables than those that were paid for.
        """
        return DeviceJob([partial(self._values, EstimatorPub.coerce(p, precision)) for p in pubs])

    def _values(self, pub: EstimatorPub) -> PubResult:
        if not same_points(points_of(pub), unpack_points(self.evaluation.points)):
            raise BackendError(
                f"Evaluation {self.evaluation.id} of the ledger is of other angles: this is not "
                "the run that it was submitted for, or run or data were changed since."
            )
        values = self.fetch()
        if values.evs.shape[1] != pub.observables.size:
            raise BackendError(
                f"Evaluation {self.evaluation.id} of the ledger has {values.evs.shape[1]} "
                f"observables, the run {pub.observables.size}: this is not the run that it was "
                "submitted for."
            )
        self.found = [values]
        return result_of(pub, values, json.loads(self.evaluation.options).get("shots", 0))


class PaidValues(Backend):
    """The values of one evaluation of the ledger, as the backend that they were submitted by.

    It asks the service for results that are not in the ledger yet, and for nothing else: it holds
    no device, so that a retired one is no obstacle, and no estimator that could submit.

    Args:
        ledger: Where the evaluation is noted down.
        evaluation: The evaluation.
        service: Gives the client's service; called only where something is to be asked.

    Attributes:
        on_cost: Never called: nothing is spent here.
    """

    name = "ibm_runtime"
    kind_of_report = "hardware"

    def __init__(
        self,
        ledger: Ledger,
        evaluation: Evaluation,
        service: Callable[[], ClientService],
    ) -> None:
        super().__init__()
        self.ledger, self.evaluation = ledger, evaluation
        self.on_cost: Callable[[RuntimeCost], None] = tell_nobody
        collection = JobCollection(
            service, ledger, lambda done, total: self.on_progress("jobs", done, total)
        )
        self._estimator = PaidEstimator(
            evaluation, partial(collection.values, evaluation, wait=False)
        )

    @property
    def estimator(self) -> PaidEstimator:
        """The estimator that knows the points of the evaluation."""
        return self._estimator

    @property
    def evaluations(self) -> Sequence[Evaluation]:
        """The one evaluation that there are values of."""
        return (self.evaluation,)

    def check(self, pqc: PQC) -> None:
        """Take any circuit: points and observables are compared when values are asked for."""

    def qnn(self, pqc: PQC) -> ShiftedQNN:
        """Return an ``EstimatorQNN`` that has values at the paid points, and no gradients."""
        gradient = SpsaGradient(self._estimator, np.random.default_rng(0))
        return ShiftedQNN(pqc, self._estimator, gradient, self._precision)

    @property
    def _precision(self) -> float:
        return math.sqrt(1 / json.loads(self.evaluation.options).get("shots", 1))

    def estimate_cost(self, pqc: PQC, n_samples: int) -> Never:  # noqa: ARG002  # the base class's
        """Raise: what is here was paid for."""
        raise BackendError("Values of the ledger are paid for: there is no cost to estimate.")

    @property
    def training_refusal(self) -> str:
        """Why there is no training: there are values of one evaluation only."""
        return "Values of the ledger are those of one evaluation: train elsewhere."

    def ask_for(self, request: ValueRequest) -> None:
        """Do nothing: the values are paid for, whoever asks."""

    def report(self) -> dict[str, Any]:
        """Return device, plan, calibration, options, circuit, jobs and standard errors."""
        found = self.ledger.find(str(self.evaluation.id))
        values = self._estimator.found
        circuits, notes = [], [note for each in values for note in each.notes()]
        try:
            circuits = [circuit_of(found).summary()]
        except BackendError:  # the values are there all the same
            notes.append("the circuit in the ledger cannot be read by this version")
        return {
            "device": found.device,
            "simulated": False,
            "instance": found.instance,
            "plan": json.loads(found.cost).get("plan", ""),
            "calibrated": found.calibrated,
            "estimator": found.estimator,
            "options": json.loads(found.options),
            "notes": notes,
            "standard_error": next((each.standard_error for each in values), None),
            "circuits": circuits,
            "evaluations": [summary(found)],
        }

    def files(self) -> Mapping[str, bytes]:
        """Return circuit, layout, jobs, and values with standard errors, as files by name."""
        return {
            **job_files(self.ledger, self.evaluation),
            **value_files(self._estimator.found),
        }
