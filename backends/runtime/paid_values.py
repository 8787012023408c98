"""A backend of values that are paid for: it reads one evaluation and cannot submit."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Never

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2, PubResult
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.base import Backend
from qkdrp.backends.known_circuits import KnownCircuits
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
from qkdrp.backends.runtime.points import same_points, sendable, unpack_points
from qkdrp.backends.runtime.result_files import job_files, value_files
from qkdrp.backends.runtime.stages import Stages
from qkdrp.backends.runtime.value_request import ValueRequest
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError, JobsPendingError


class PaidEstimator(BaseEstimatorV2):
    """Gives the values of one evaluation of the ledger, at the points that it is of.

    Args:
        stages: The evaluation, with the entries of all layers.
        fetch: Gives the values of an entry.

    Attributes:
        found: The values that were given out, with the names of their layers.
    """

    def __init__(self, stages: Stages, fetch: Callable[[Evaluation], Values]) -> None:
        self.stages, self.fetch = stages, fetch
        self.found: list[tuple[str, Values]] = []
        self._known = KnownCircuits()
        self._calls: Counter[str] = Counter()

    def know(self, circuit: QuantumCircuit, label: str) -> None:
        """Take the circuit of a QNN for that of a quantum layer."""
        self._known.add(circuit, label)

    def begin(self) -> None:
        """Start to count anew what each layer asks for."""
        self.found.clear()
        self._calls.clear()

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> DeviceJob:
        """Return the values of PUBs.

        Raises:
            BackendError: If a PUB has other points or observables than those that were paid for.
            JobsPendingError: If a layer's values were not asked for so far.
        """
        return DeviceJob([partial(self._values, EstimatorPub.coerce(p, precision)) for p in pubs])

    def _values(self, pub: EstimatorPub) -> PubResult:
        entry = self._entry(self._known.label_of(pub.circuit))
        points, blank = sendable(points_of(pub))
        if not same_points(points, unpack_points(entry.points)):
            raise BackendError(
                f"Evaluation {entry.head} of the ledger is of other angles: this is not "
                "the run that it was submitted for, or run or data were changed since."
            )
        values = self.fetch(entry).without(blank)
        if values.evs.shape[1] != pub.observables.size:
            raise BackendError(
                f"Evaluation {entry.head} of the ledger has {values.evs.shape[1]} "
                f"observables, the run {pub.observables.size}: this is not the run that it was "
                "submitted for."
            )
        if not self.stages.plan:
            self.found.clear()
        self.found.append((entry.layer, values))
        return result_of(pub, values, json.loads(entry.options).get("shots", 0))

    def _entry(self, label: str) -> Evaluation:
        """Return the entry of the values that a layer asks for; the only one of a single layer."""
        if not self.stages.plan:
            return self.stages.head
        call = self._calls[label]
        self._calls[label] += 1
        for each in self.stages.entries:
            if (each.layer, each.call) == (label, call):
                return each
        raise JobsPendingError(
            f"Evaluation {self.stages.head.id}: "
            f"{self.stages.next_stage or f'has no values of layer {label!r}'}."
        )


class PaidValues(Backend):
    """The values of one evaluation of the ledger, as the backend that they were submitted by.

    It asks the service for results that are not in the ledger yet, and for nothing else: it holds
    no device, so that a retired one is no obstacle, and no estimator that could submit.

    Args:
        ledger: Where the evaluation is noted down.
        evaluation: The evaluation; an entry of one of several layers stands for all.
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
        self.ledger = ledger
        self.stages = Stages.of(ledger, evaluation)
        self.on_cost: Callable[[RuntimeCost], None] = tell_nobody
        collection = JobCollection(
            service, ledger, lambda done, total: self.on_progress("jobs", done, total)
        )
        self._estimator = PaidEstimator(self.stages, partial(collection.values, wait=False))

    @property
    def evaluation(self) -> Evaluation:
        """The entry that stands for the whole evaluation."""
        return self.stages.head

    @property
    def estimator(self) -> PaidEstimator:
        """The estimator that knows the points of the evaluation."""
        return self._estimator

    @property
    def evaluations(self) -> Sequence[Evaluation]:
        """The one evaluation that there are values of; several layers have an entry each."""
        return self.stages.entries

    def check(self, pqc: PQC) -> None:
        """Take any circuit: points and observables are compared when values are asked for."""

    def qnn(self, pqc: PQC, label: str = "") -> ShiftedQNN:
        """Return an ``EstimatorQNN`` that has values at the paid points, and no gradients."""
        gradient = SpsaGradient(self._estimator, np.random.default_rng(0))
        qnn = ShiftedQNN(pqc, self._estimator, gradient, self._precision)
        self._estimator.know(qnn._circuit, label)
        return qnn

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

    def ask_for(self, request: ValueRequest) -> None:  # noqa: ARG002  # the protocol's
        """Count anew; the values are paid for, whoever asks."""
        self._estimator.begin()

    def gather(self, run_model: Callable[[], object]) -> None:
        """Do nothing: what is not there is not asked for from here."""

    def report(self) -> dict[str, Any]:
        """Return device, plan, calibration, options, circuit, jobs and standard errors."""
        stages = Stages.of(self.ledger, self.evaluation)
        found, values = stages.head, [each for _, each in self._estimator.found]
        circuits, notes = [], [note for each in values for note in each.notes()]
        errors = [each.standard_error for each in values if each.standard_error is not None]
        try:
            circuits = [
                ({"layer": each.layer} if stages.plan else {}) | circuit_of(each).summary()
                for each in stages.entries
            ]
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
            "standard_error": max(errors, default=None),
            "circuits": circuits,
            "evaluations": [summary(each) for each in stages.entries],
        }

    def files(self) -> Mapping[str, bytes]:
        """Return circuit, layout, jobs, and values with standard errors, as files by name."""
        return {
            **job_files(self.ledger, self.evaluation),
            **value_files(self._estimator.found),
        }
