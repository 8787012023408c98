"""An ``EstimatorV2`` whose values come from a device, and are paid for once."""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2, PubResult
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.base import Purpose
from qkdrp.backends.isa.place import place
from qkdrp.backends.isa.prepare import PreparedCircuit, prepare
from qkdrp.backends.isa.store import save_prepared
from qkdrp.backends.runtime import digests
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.chunks import cut
from qkdrp.backends.runtime.clients import Device, client_errors, open_device
from qkdrp.backends.runtime.cost import RuntimeCost, estimate, refuse_above
from qkdrp.backends.runtime.destinations import Destination, destination_of
from qkdrp.backends.runtime.estimators import choose_adapter, quiet
from qkdrp.backends.runtime.job import DeviceJob, points_of, result_of
from qkdrp.backends.runtime.job_collection import JobCollection
from qkdrp.backends.runtime.job_submission import JobSubmission
from qkdrp.backends.runtime.ledger import (
    ENDED_BADLY,
    LOST,
    PLANNED,
    Evaluation,
    Ledger,
)
from qkdrp.backends.runtime.result_files import write_expectations, write_job
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC
from qkdrp.circuits.digest import circuit_digest
from qkdrp.common.digests import digest_of
from qkdrp.common.errors import BackendError

PACKAGES = ("qkdrp", "qiskit", "qiskit-ibm-runtime", "qiskit-aer")
"""Packages whose versions a result depends on."""


@dataclass
class Policy:
    """What the estimator may do.

    Args:
        wait: Whether to wait for jobs.
        resubmit: Whether to pay once more for what is there already.
        keep_open: Whether a batch or session stays open for more jobs.
    """

    wait: bool = True
    resubmit: bool = False
    keep_open: bool = False


class DeviceEstimator(BaseEstimatorV2):
    """Values from a device, one PUB in each job.

    Args:
        device: Where circuits run.
        settings: How.
        ledger: Where jobs are noted down; None for devices that are simulated here.
        policy: What it may do.
        usage: The totals to add to.
        on_progress: Called with how many jobs have ended and how many there are.
        on_cost: Called with what is about to be submitted.
    """

    def __init__(
        self,
        device: Device,
        settings: RuntimeSettings,
        ledger: Ledger | None,
        policy: Policy,
        usage: Usage,
        on_progress: Callable[[int, int], None],
        on_cost: Callable[[RuntimeCost], None],
    ) -> None:
        self.device, self.settings, self.ledger = device, settings, ledger
        self.policy, self.usage, self.on_cost = policy, usage, on_cost
        self.on_progress = on_progress
        self.adapter, self.note = choose_adapter(device, settings)
        self.purpose: Purpose | None = None
        self.destination: Destination | None = None
        self.evaluations: list[Evaluation] = []
        self.prepared: list[PreparedCircuit] = []
        self.found: list[Values] = []
        self._made: list[PQC] = []
        self._known: list[tuple[QuantumCircuit, PQC]] = []
        self._mode: Any = None
        self._spent = 0.0

    def know(self, circuit: QuantumCircuit, pqc: PQC) -> None:
        """Take a circuit that will be asked for, the one of a QNN, for that of a PQC."""
        self._known.append((circuit, pqc))

    def begin(self, purpose: Purpose) -> None:
        """Say what the values asked for next are for."""
        self.purpose, self.destination = purpose, None
        self.evaluations.clear()

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> DeviceJob:
        """Submit PUBs, or attach to the jobs of the same ones; the result is waited for.

        Raises:
            BackendError: If a circuit is not known, a precision is not that of the shots, or
                what is asked for is above the limit or refused.
        """
        coerced = [EstimatorPub.coerce(pub, precision) for pub in pubs]
        return DeviceJob([self._submit(pub) for pub in coerced])

    def preview(self, pqc: PQC, points: np.ndarray) -> RuntimeCost:
        """Return what values would cost; sends nothing."""
        pubs, loads = cut(self.device, self.adapter, self.settings, self._pub(pqc, points))
        return estimate(self.device, self.adapter, self.settings, pubs, loads)

    def save(self, folder: Path) -> None:
        """Write circuit and layout, and where the values came from, into an existing folder."""
        if self.ledger is None:
            for prepared in self.prepared[-1:]:
                save_prepared(prepared, folder, calibration=self.device.calibrated)
        for found in self.evaluations:
            assert self.ledger is not None
            write_job(self.ledger, found, folder)
        write_expectations(self.found, folder)

    def close(self) -> None:
        """Close an open batch or session; jobs that are in it go on."""
        mode, self._mode = self._mode, None
        if hasattr(mode, "close") and not self.device.local:
            with client_errors("close the batch or session"):
                mode.close()

    def _submit(self, pub: EstimatorPub) -> Callable[[], PubResult]:
        pqc = next((pqc for circuit, pqc in self._known if circuit is pub.circuit), None)
        if pqc is None:
            raise BackendError(
                "Found a circuit that this backend has not prepared: evaluate the QNN that "
                "backend.qnn(pqc) returns."
            )
        wanted = pub.precision
        if wanted is not None and not np.isclose(wanted, self.settings.precision, rtol=1e-3):
            raise BackendError(
                f"Found a precision of {wanted:g}, {self.settings.shots} shots give "
                f"{self.settings.precision:g}: set the backend's shots instead."
            )
        points = points_of(pub)
        self.usage.pubs += 1
        fetch = self._here(pqc, points) if self.ledger is None else self._there(pqc, points)

        def result() -> PubResult:
            values = fetch()
            self.found.append(values)
            return result_of(pub, values, self.settings.shots)

        return result

    def _here(self, pqc: PQC, points: np.ndarray) -> Callable[[], Values]:
        """Run on a fake device: nothing to pay, nothing to lose."""
        pub = self._pub(pqc, points)
        self._count([pub], 1.0)
        running = f"run on {self.device.name}"
        with quiet(), client_errors(running):
            self._mode = self._mode or self.adapter.stand_in(self.device)
            job = self.adapter.submit(self._mode, pub, self.settings, "here", 0)

        def fetch() -> Values:
            with quiet(), client_errors(running):
                data = job.result()[0].data
            return Values.of(np.asarray(data.evs, float).T, np.asarray(data.stds, float).T)

        return fetch

    def _there(self, pqc: PQC, points: np.ndarray) -> Callable[[], Values]:
        """Attach to jobs of the ledger, or note them down and submit them."""
        assert self.ledger is not None
        circuit = circuit_digest(pqc.circuit, pqc.observables)
        inputs = digests.points_digest(points)
        of_what = self.purpose.identity if self.purpose else inputs
        key = digest_of(
            [
                circuit,
                of_what,
                self.settings.device,
                self.device.instance,
                self.adapter.name,
                self.settings.of_values(),
                len(self.evaluations) if self.purpose else 0,
            ]
        )
        found = self.ledger.latest(key)
        if found is not None and found.device != self.device.name:  # least_busy was another one
            self.device = open_device(replace(self.settings, device=found.device))
        submission = JobSubmission(self.device, self.ledger)
        if found is not None:
            found = self._attach(submission, found, points)
        if found is None:
            pub = self._pub(pqc, points)
            pubs, loads = cut(self.device, self.adapter, self.settings, pub)
            cost = estimate(self.device, self.adapter, self.settings, pubs, loads)
            self._allow(cost)
            output = self.purpose.claim() if self.purpose else None
            bounds = np.cumsum([0, *(each.parameter_values.size for each in pubs)]).tolist()
            packed, mapping = digests.pack_prepared(
                self._prepare(pqc),
                calibration=self.device.calibrated,
                device_qubits=self.device.backend.num_qubits,
            )
            values = {
                "key": key,
                "device": self.device.name,
                "instance": self.device.instance,
                "estimator": self.adapter.name,
                "run": str(self.purpose.run) if self.purpose else None,
                "output": str(output) if output else None,
                "request": json.dumps(dict(self.purpose.request) if self.purpose else {}),
                "options": json.dumps(asdict(self.settings)),
                "circuit": circuit,
                "inputs": inputs,
                "points": digests.pack_points(points),
                "prepared": packed,
                "mapping": mapping,
                "calibrated": self.device.calibrated,
                "cost": json.dumps(cost.to_json()),
                "versions": json.dumps({name: version(name) for name in PACKAGES}),
            }
            spans = list(pairwise(bounds))
            found, new = self.ledger.begin(values, spans, self.policy.resubmit)
            if not new:  # another process was faster
                found = submission.locate(found)
        found = self._send(submission, found, pqc)
        self.evaluations.append(found)
        if self.purpose is not None:
            self.destination = destination_of(self.ledger, found, self.purpose)
            if self.destination.output.is_dir():
                write_job(self.ledger, found, self.destination.output)
        collection = JobCollection(lambda: self.device.service, self.ledger, self.on_progress)
        return partial(collection.values, found, self.policy.wait)

    def _attach(
        self, submission: JobSubmission, found: Evaluation, points: np.ndarray
    ) -> Evaluation | None:
        """Return what is there already, ready to be sent where it is not; None to begin anew."""
        if not digests.same_points(digests.unpack_points(found.points), points):
            raise BackendError(
                f"Evaluation {found.id} of the ledger is of the same run with other angles: the "
                "run folder was changed; use another --ledger, or --resubmit."
            )
        found = submission.locate(found)
        badly = {*ENDED_BADLY, LOST} if self.policy.resubmit else {LOST}
        gone = [job for job in found.jobs if job.state in badly]
        if self.policy.resubmit and not gone:
            return None
        for job in gone:
            submission.ledger.replan(job)
        return submission.ledger.latest(found.key)

    def _send(self, submission: JobSubmission, found: Evaluation, pqc: PQC) -> Evaluation:
        """Submit what is planned, in the circuit that the ledger holds."""
        if all(job.state != PLANNED for job in found.jobs):
            return found
        prepared = digests.unpack_prepared(found.prepared, found.mapping)
        points = digests.unpack_points(found.points)
        pubs = [
            self._pub(pqc, points[job.first : job.last], place(prepared, self._width))
            for job in found.jobs
        ]
        planned = [job.chunk for job in found.jobs if job.state == PLANNED]
        loads = [self.adapter.load(self.device, pubs[chunk], self.settings) for chunk in planned]
        sent = [pubs[chunk] for chunk in planned]
        cost = estimate(self.device, self.adapter, self.settings, sent, loads)
        self._allow(cost)
        self.on_cost(cost)
        share = max(1, math.floor(self.settings.max_qpu_seconds / len(planned)))
        try:
            self._open()
            found = submission.submit(found, pubs, self.settings, self._mode, [share] * len(pubs))
        finally:
            if not self.policy.keep_open:
                self.close()
        self._spent += cost.seconds
        self._count(sent, cost.shots / max(1, self.settings.shots * cost.points))
        return found

    def _allow(self, cost: RuntimeCost) -> None:
        refuse_above(cost, self._spent, self.settings)

    def _open(self) -> None:
        """Open the batch or session, unless one is open."""
        if self._mode is not None:
            return
        from qiskit_ibm_runtime import Batch, Session

        backend, limit = self.device.backend, math.ceil(self.settings.max_qpu_seconds)
        opened: dict[str, Callable[[], Any]] = {
            "job": lambda: backend,
            "batch": lambda: Batch(backend=backend),
            "session": lambda: Session(backend=backend, max_time=limit),
        }
        with client_errors(f"open a {self.settings.mode}"):
            self._mode = opened[self.settings.mode]()

    @property
    def _width(self) -> int:
        return int(self.device.backend.num_qubits)

    def _prepare(self, pqc: PQC) -> PreparedCircuit:
        """Return a circuit in the device's gates, prepared once."""
        for made, prepared in zip(self._made, self.prepared, strict=True):
            if made is pqc:
                return prepared
        prepared = prepare(pqc, self.device.backend.target, self.device.name)
        self._made.append(pqc)
        self.prepared.append(prepared)
        return prepared

    def _pub(self, pqc: PQC, points: np.ndarray, placed: PQC | None = None) -> EstimatorPub:
        """Return one PUB of all points, shape (n_points,), and observables, shape (n, 1)."""
        placed = placed or place(self._prepare(pqc), self._width)
        names = (*placed.inputs, *placed.weights)
        observables = [[operator] for operator in placed.observables]
        return EstimatorPub.coerce((placed.circuit, observables, {names: points}))

    def _count(self, pubs: list[EstimatorPub], circuits: float) -> None:
        points = sum(pub.parameter_values.size for pub in pubs)
        self.usage.executions += round(points * circuits)
        self.usage.shots += round(points * circuits * self.settings.shots)
