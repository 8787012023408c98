"""Cutting the points of one evaluation into jobs that the service takes."""

import math
from collections.abc import Callable
from itertools import pairwise

from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime import cost
from qkdrp.backends.runtime.client_adapters import EstimatorAdapter, Load, measurement_bases
from qkdrp.backends.runtime.clients import Device
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.common.errors import BackendError


def cut(
    device: Device,
    adapter: EstimatorAdapter,
    settings: RuntimeSettings,
    pub: EstimatorPub,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[list[EstimatorPub], list[Load]]:
    """Return one PUB for each job, as few as fit the limits, and what each of them is.

    Args:
        device: Where they run.
        adapter: How they are sent.
        settings: How they are run.
        pub: Points of shape (n_points,), observables of shape (n_observables, 1).
        on_progress: Called with how many jobs the client has prepared, and how many there are.

    Raises:
        BackendError: If a single point is too much for a job.
    """
    n_points = pub.parameter_values.size
    # At least as many as this: nothing larger has to be prepared to find out.
    executions = n_points * measurement_bases(pub) * settings.shots
    n_jobs = math.ceil(max(executions / cost.MOST_EXECUTIONS, n_points / cost.MOST_POINTS))
    n_jobs = min(n_points, max(1, n_jobs))
    while True:
        pubs, loads = _split(pub, n_jobs), []
        for number, each in enumerate(pubs):
            on_progress(number, n_jobs)
            loads.append(adapter.load(device, each, settings))
        on_progress(n_jobs, n_jobs)
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
