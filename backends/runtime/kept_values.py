"""A backend of values that are kept: it gives them out in order and can ask nobody for more."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from qkdrp.backends.runtime.job import DeviceJob, result_of
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError


class KeptEstimator(BaseEstimatorV2):
    """Gives kept values, those of a layer in the order in which it asks for them.

    Args:
        values: Of each request of a layer, by the layer's name; those of a single layer stand
            under an empty name.
        shots: Of each point.
    """

    def __init__(self, values: Mapping[str, Sequence[Values]], shots: int) -> None:
        self.values, self.shots = values, shots
        self.given: Counter[str] = Counter()
        self._known = KnownCircuits()

    def know(self, circuit: QuantumCircuit, label: str) -> None:
        """Take the circuit of a QNN for that of a quantum layer."""
        self._known.add(circuit, label)

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> DeviceJob:
        """Return the values of PUBs.

        Raises:
            BackendError: If a PUB has other numbers of points or observables than what is kept.
        """
        return DeviceJob([partial(self._next, EstimatorPub.coerce(p, precision)) for p in pubs])

    def _next(self, pub: EstimatorPub) -> PubResult:
        wanted = pub.parameter_values.size, pub.observables.size
        label = self._known.label_of(pub.circuit)
        label = label if label in self.values else ""
        values, given = self.values.get(label, ()), self.given[label]
        kept = values[given].evs.shape if given < len(values) else (0, 0)
        if kept != wanted:
            raise BackendError(
                f"The kept values are of {kept[0]} points and {kept[1]} observables, the run asks "
                f"for {wanted[0]} and {wanted[1]}: they are not those of this run."
            )
        self.given[label] += 1
        return result_of(pub, values[given], self.shots)


class KeptValues(Backend):
    """Values that an evaluation left behind, as the backend that they came from.

    It holds neither device nor service nor ledger: nothing can be sent from here.

    Args:
        values: Of each request of a layer, by the layer's name, as :class:`KeptEstimator` takes it.
        report: Device, options and jobs of the evaluation, as its ``metrics.json`` holds them.
        files: What is kept beside the results, by name.
    """

    name = "ibm_runtime"
    kind_of_report = "hardware"
    circuits_only = True

    def __init__(
        self,
        values: Mapping[str, Sequence[Values]],
        report: Mapping[str, Any],
        files: Mapping[str, bytes],
    ) -> None:
        super().__init__()
        self._report, self._files = dict(report), dict(files)
        self._shots = int(self._report.get("options", {}).get("shots") or 1)
        self._estimator = KeptEstimator(values, self._shots)

    @property
    def estimator(self) -> KeptEstimator:
        """The estimator that gives the values out."""
        return self._estimator

    def check(self, pqc: PQC) -> None:
        """Take any circuit: numbers of points and observables are compared when they are known."""

    def qnn(self, pqc: PQC, label: str = "") -> ShiftedQNN:
        """Return an ``EstimatorQNN`` that has the kept values, and no gradients."""
        gradient = SpsaGradient(self._estimator, np.random.default_rng(0))
        qnn = ShiftedQNN(pqc, self._estimator, gradient, math.sqrt(1 / self._shots))
        self._estimator.know(qnn._circuit, label)
        return qnn

    def estimate_cost(self, pqc: PQC, n_samples: int) -> Never:  # noqa: ARG002  # the base class's
        """Raise: what is here was paid for."""
        raise BackendError("Kept values were paid for: there is no cost to estimate.")

    @property
    def training_refusal(self) -> str:
        """Why there is no training: there are values of one evaluation only."""
        return "Kept values are those of one evaluation: train elsewhere."

    def report(self) -> dict[str, Any]:
        """Return device, options and jobs of the evaluation that the values are of."""
        return self._report

    def files(self) -> Mapping[str, bytes]:
        """Return jobs, circuit and values, as files by name."""
        return self._files
