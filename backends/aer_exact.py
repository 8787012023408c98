"""The ``aer_exact`` backend: Aer's state vectors, adjoint gradients."""

import torch
from qiskit.primitives import BaseEstimatorV2
from qiskit_aer.primitives import EstimatorV2

from qkdrp.backends.base import Backend, CostEstimate
from qkdrp.backends.qnn import AdjointQNN
from qkdrp.backends.usage import MeteredEstimator
from qkdrp.circuits import PQC


class AerExact(Backend):
    """Exact values from ``qiskit-aer``, one broadcast PUB per batch at precision 0.

    Aer gets as many threads as torch has when the backend is made, one for each point of a batch.
    It binds parameters itself: binding them in Python takes longer than the simulation.
    """

    name = "aer_exact"

    def __init__(self) -> None:
        super().__init__()
        threads = torch.get_num_threads()
        simulator = {
            "method": "statevector",
            "max_parallel_threads": threads,
            "max_parallel_experiments": threads,
            "runtime_parameter_bind_enable": True,
        }
        self._estimator = MeteredEstimator(
            EstimatorV2(options={"default_precision": 0.0, "backend_options": simulator}),
            self.usage,
        )

    @property
    def estimator(self) -> BaseEstimatorV2:
        """Aer's ``EstimatorV2``, counted."""
        return self._estimator

    def qnn(self, pqc: PQC) -> AdjointQNN:
        """Return an ``EstimatorQNN`` with Aer's values and the adjoint engine's gradients."""
        return AdjointQNN(pqc, self.estimator)

    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:  # noqa: ARG002
        """Return one PUB for all samples, one execution each."""
        return CostEstimate(pubs=1, executions=n_samples, shots=0)
