"""Cutting the points of one evaluation into jobs that the service takes."""

import math
from itertools import pairwise

from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime import cost
from qkdrp.backends.runtime.client_adapters import EstimatorAdapter, Load
from qkdrp.backends.runtime.clients import Device
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.common.errors import BackendError


def cut(
    device: Device, adapter: EstimatorAdapter, settings: RuntimeSettings, pub: EstimatorPub
) -> tuple[list[EstimatorPub], list[Load]]:
    """Return one PUB for each job, as few as fit the limits, and what each of them is.

    Args:
        device: Where they run.
        adapter: How they are sent.
        settings: How they are run.
        pub: Points of shape (n_points,), observables of shape (n_observables, 1).

    Raises:
        BackendError: If a single point is too much for a job.
    """
    n_points = pub.parameter_values.size
    n_jobs = 1
    while True:
        pubs = _split(pub, n_jobs)
        loads = [adapter.load(device, each, settings) for each in pubs]
        excess = max(
            max(load.executions / cost.MOST_EXECUTIONS, load.payload / cost.MOST_PAYLOAD)
            for load in loads
        )
        if excess <= 1:
            return pubs, loads
        if n_jobs == n_points:
            raise BackendError(
                f"One point alone is {loads[0].executions:,} executions and "
                f"{loads[0].payload:,} bytes, a job holds {cost.MOST_EXECUTIONS:,} and "
                f"{cost.MOST_PAYLOAD:,}: take fewer --shots."
            )
        n_jobs = min(n_points, max(n_jobs + 1, math.ceil(n_jobs * excess)))


def _split(pub: EstimatorPub, n_jobs: int) -> list[EstimatorPub]:
    """Return PUBs of nearly equal numbers of points, in order."""
    n_points = pub.parameter_values.size
    bounds = [round(n_points * job / n_jobs) for job in range(n_jobs + 1)]
    return [
        EstimatorPub(pub.circuit, pub.observables, pub.parameter_values[first:last])
        for first, last in pairwise(bounds)
    ]
