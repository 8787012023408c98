"""The ``statevector`` backend: the exact engine itself, without Aer's overhead."""

from collections.abc import Iterable

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

from qkdrp.backends.base import Backend, CostEstimate
from qkdrp.backends.engine import ExactEngine
from qkdrp.backends.qnn import EngineQNN
from qkdrp.circuits import PQC, compile_program


class Statevector(Backend, BaseEstimatorV2):
    """Exact values and gradients; also an ``EstimatorV2`` of its own.

    As an estimator it returns exact values, which meet every requested precision: ``stds`` are 0.
    """

    name = "statevector"

    @property
    def estimator(self) -> BaseEstimatorV2:
        """The backend itself."""
        return self

    def qnn(self, pqc: PQC) -> EngineQNN:
        """Return an ``EstimatorQNN`` that evaluates the circuit's Pauli program."""
        return EngineQNN(pqc, self, self.usage)

    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:  # noqa: ARG002
        """Return one execution per sample, no PUB."""
        return CostEstimate(pubs=0, executions=n_samples, shots=0)

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Estimate expectation values of circuits that the Pauli program supports.

        Args:
            pubs: Circuits, observables and parameter values.
            precision: Met by exact values whatever it is.

        Raises:
            CircuitError: If a circuit or an observable is not supported.
        """
        coerced = [EstimatorPub.coerce(pub, precision) for pub in pubs]
        job = PrimitiveJob(self._run, coerced)
        job._submit()  # as every primitive of qiskit.primitives does
        return job

    def _run(self, pubs: list[EstimatorPub]) -> PrimitiveResult[PubResult]:
        return PrimitiveResult([self._run_pub(pub) for pub in pubs], metadata={"version": 2})

    def _run_pub(self, pub: EstimatorPub) -> PubResult:
        observables = pub.observables.ravel().sparse_observables_array()
        parameters = list(pub.circuit.parameters)
        program = compile_program(
            pub.circuit,
            [SparsePauliOp.from_sparse_observable(observable) for observable in observables],
            parameters,
            [],
        )
        points = pub.parameter_values.as_array(parameters).reshape(
            pub.parameter_values.size, len(parameters)
        )
        self.usage.pubs += 1
        self.usage.executions += len(points)
        values = ExactEngine(program).values(points, np.empty(0))

        point, observable = np.broadcast_arrays(
            np.arange(len(points)).reshape(pub.parameter_values.shape),
            np.arange(len(observables)).reshape(pub.observables.shape),
        )
        evs = np.asarray(values[point, observable])
        return PubResult(
            DataBin(evs=evs, stds=np.zeros_like(evs), shape=evs.shape),
            metadata={
                "target_precision": pub.precision,
                "circuit_metadata": pub.circuit.metadata,
            },
        )
