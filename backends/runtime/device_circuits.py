"""Circuits in the gates of one device: prepared once, cut into PUBs, priced."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.isa.place import place
from qkdrp.backends.isa.prepare import PreparedCircuit, prepare
from qkdrp.backends.runtime.chunks import cut
from qkdrp.backends.runtime.client_adapters import EstimatorAdapter, Load
from qkdrp.backends.runtime.clients import Device
from qkdrp.backends.runtime.cost import RuntimeCost, estimate
from qkdrp.backends.runtime.cost_terms import CostTerms
from qkdrp.backends.runtime.feasibility import LEAST_SUCCESS, hopeless
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable

Reals = NDArray[np.float64]

PLACED = "circuits placed on the device"
"""What is counted while a circuit is put into the gates of a device."""

PREPARED = "jobs prepared"
"""What is counted while the client makes of points what is sent."""


def tell_nobody(_what: str, _done: int, _total: int) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True, eq=False)
class PricedJobs:
    """PUBs, one for each job, and what they cost.

    Args:
        pubs: One for each job.
        cost: Of all of them; one call to the service.
    """

    pubs: list[EstimatorPub]
    cost: RuntimeCost


class DeviceCircuits:
    """Circuits for one device.

    Args:
        device: Where they run.
        adapter: How jobs are sent.
        settings: How jobs are run.
        terms: On which they are paid for.
        least_success: Estimated success below which a circuit is not sent.

    Attributes:
        prepared: The circuits that were prepared.
        on_progress: Called with what is counted, how much is done and how much there is.
    """

    def __init__(
        self,
        device: Device,
        adapter: EstimatorAdapter,
        settings: RuntimeSettings,
        terms: CostTerms,
        least_success: float = LEAST_SUCCESS,
    ) -> None:
        self.device, self.adapter, self.settings = device, adapter, settings
        self.terms, self.least_success = terms, least_success
        self._refusals: dict[str, str] = {}
        self.on_progress: Callable[[str, int, int], None] = tell_nobody
        self.prepared: list[PreparedCircuit] = []
        self._made: list[tuple[PQC, PreparedCircuit]] = []

    def on(self, device: Device) -> Self:
        """Return circuits for another device, none of them prepared."""
        circuits = type(self)(device, self.adapter, self.settings, self.terms, self.least_success)
        circuits.on_progress = self.on_progress
        return circuits

    def prepare(self, pqc: PQC) -> PreparedCircuit:
        """Return a circuit in the device's gates, prepared once."""
        for made, prepared in self._made:
            if made is pqc:
                return prepared
        found = next((each for each in self.prepared if each.is_made_from(pqc)), None)
        if found is None:
            self.on_progress(PLACED, 0, 1)
            found = prepare(pqc, self.device.backend.target, self.device.name)
            self.on_progress(PLACED, 1, 1)
            self.prepared.append(found)
        self._made.append((pqc, found))
        return found

    def refusal(self, pqc: PQC) -> str:
        """Return why a circuit is not sent, see :func:`hopeless`; nothing where it may be."""
        prepared = self.prepare(pqc)
        if prepared.source not in self._refusals:
            target = self.device.backend.target
            self._refusals[prepared.source] = hopeless(pqc, prepared, target, self.least_success)
        return self._refusals[prepared.source]

    def refuse_hopeless(self, pqc: PQC) -> None:
        """Raise a :class:`BackendError` for a circuit that the device cannot hold."""
        if refusal := self.refusal(pqc):
            raise BackendError(refusal)

    def pub(self, prepared: PreparedCircuit, points: Reals) -> EstimatorPub:
        """Return one PUB of all points, shape (n_points,), and observables, shape (n, 1).

        Args:
            prepared: The circuit.
            points: Shape (n_points, n_parameters).
        """
        placed = place(prepared, self._width)
        names = (*placed.inputs, *placed.weights)
        observables = [[operator] for operator in placed.observables]
        return EstimatorPub.coerce((placed.circuit, observables, {names: points}))

    def priced(self, pqc: PQC, points: Reals) -> PricedJobs:
        """Return as few jobs as the service takes, and what they cost; sends nothing.

        Raises:
            BackendError: If a single point is too much for a job.
        """
        pubs, loads = cut(
            self.device,
            self.adapter,
            self.settings,
            self.pub(self.prepare(pqc), points),
            partial(self.on_progress, PREPARED),
        )
        return PricedJobs(pubs, self._cost(pubs, loads))

    def estimate(self, pqc: PQC, n_points: int) -> RuntimeCost:
        """Return what values of random angles cost, the same as of any others; sends nothing."""
        angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (n_points, pqc.n_inputs))
        weights = np.tile(np.linspace(0, 6, pqc.n_weights), (n_points, 1))
        return self.priced(pqc, np.concatenate([angles, weights], axis=1)).cost

    def price(self, pubs: list[EstimatorPub]) -> RuntimeCost:
        """Return what some jobs cost; sends nothing."""
        loads = []
        for number, pub in enumerate(pubs, 1):
            loads.append(self.adapter.load(self.device, pub, self.settings))
            self.on_progress(PREPARED, number, len(pubs))
        return self._cost(pubs, loads)

    def _cost(self, pubs: list[EstimatorPub], loads: list[Load]) -> RuntimeCost:
        cost = estimate(self.device, self.adapter, self.settings, pubs, loads)
        return self.terms.of(cost, self.device)

    @cached_property
    def _width(self) -> int:
        return int(self.device.backend.num_qubits)
