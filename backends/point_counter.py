"""A backend without values: it counts at how many points each quantum layer of a model asks."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.base import Backend, CostEstimate
from qkdrp.backends.known_circuits import KnownCircuits
from qkdrp.backends.local_estimator import ExactEstimator, Reals
from qkdrp.backends.qnn.parameter_shift import SpsaGradient
from qkdrp.backends.qnn.shifted_network import ShiftedQNN
from qkdrp.circuits import PQC


class PointCounter(Backend, ExactEstimator):
    """Answers every request with zeros, so that a model can be run before anything is paid.

    The counts are those of any other backend as long as a model decides by its inputs, and not by
    expectation values, which layers it calls for which rows.

    Attributes:
        points: Parameter points that each layer has asked for, by its name.
    """

    name = "point_counter"

    def __init__(self) -> None:
        super().__init__()
        self.points: Counter[str] = Counter()
        self._known = KnownCircuits()

    @property
    def estimator(self) -> BaseEstimatorV2:
        """The backend itself."""
        return self

    def qnn(self, pqc: PQC, label: str = "") -> ShiftedQNN:
        """Return an ``EstimatorQNN`` whose values are 0; no circuit is simulated or compiled."""
        qnn = ShiftedQNN(pqc, self, SpsaGradient(self, np.random.default_rng(0)), 0.0)
        self._known.add(qnn._circuit, label)  # QML renames parameters in a copy
        return qnn

    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:  # noqa: ARG002  # nothing runs
        """Return that nothing is executed."""
        return CostEstimate(pubs=0, executions=0, shots=0)

    def check(self, pqc: PQC) -> None:
        """Take any circuit."""

    def evaluate(
        self, circuit: QuantumCircuit, points: Reals, observables: Sequence[SparsePauliOp]
    ) -> tuple[Reals, Reals]:
        """Count the points; return zeros of shape (n_points, n_observables), twice."""
        self.points[self._known.label_of(circuit)] += len(points)
        zeros = np.zeros((len(points), len(observables)))
        return zeros, zeros
