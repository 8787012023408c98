"""Counting what a backend was asked to do, so that cost can be asserted."""

from collections.abc import Iterable
from dataclasses import dataclass

from qiskit.primitives import BaseEstimatorV2, BasePrimitiveJob, PrimitiveResult, PubResult
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub


@dataclass
class Usage:
    """Running totals of a backend.

    Args:
        pubs: Primitive unified blocs sent.
        executions: Circuits run: parameter points, times measurement bases where bases matter.
        shots: Shots over all executions; 0 where values are exact.
    """

    pubs: int = 0
    executions: int = 0
    shots: int = 0


class MeteredEstimator(BaseEstimatorV2):
    """An exact estimator that counts the PUBs and parameter points that pass through it.

    Args:
        estimator: The estimator that does the work.
        usage: The totals to add to.
    """

    def __init__(self, estimator: BaseEstimatorV2, usage: Usage) -> None:
        self.estimator = estimator
        self.usage = usage

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> BasePrimitiveJob[PrimitiveResult[PubResult], object]:
        """Count the PUBs and hand them on."""
        coerced = [EstimatorPub.coerce(pub, precision) for pub in pubs]
        self.usage.pubs += len(coerced)
        self.usage.executions += sum(pub.parameter_values.size for pub in coerced)
        return self.estimator.run(coerced, precision=precision)
