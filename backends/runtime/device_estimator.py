"""An ``EstimatorV2`` whose values come from a device, and are paid for once."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
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
from qkdrp.backends.isa.prepared_file import save_prepared
from qkdrp.backends.runtime import evaluation_record as record
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.chunks import cut
from qkdrp.backends.runtime.client_adapters import choose_adapter, quiet
from qkdrp.backends.runtime.clients import Device, client_errors, open_device
from qkdrp.backends.runtime.cost import RuntimeCost, estimate, refuse_above
from qkdrp.backends.runtime.destinations import Destination, destination_of
from qkdrp.backends.runtime.job import DeviceJob, points_of, result_of
from qkdrp.backends.runtime.job_collection import JobCollection
from qkdrp.backends.runtime.job_submission import JobSubmission
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import PLANNED, Evaluation
from qkdrp.backends.runtime.open_modes import OpenModes
from qkdrp.backends.runtime.result_files import write_expectations, write_job
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError


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
        self.stray_notes: list[str] = []

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
        """Close an open batch or session; jobs that are in it go on.

        One that cannot be closed now is closed by the next command that uses the ledger.
        """
        mode, self._mode = self._mode, None
        if mode is not None and self.ledger is not None:
            note = OpenModes(self.device.service, self.ledger).close(mode)
            self.stray_notes += [note] if note else []

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
        ledger = self.ledger
        asked = record.identity(
            pqc,
            points,
            self.purpose,
            len(self.evaluations),
            self.settings,
            self.device.instance,
            self.adapter.name,
        )
        found = record.find(ledger, asked, pqc)
        if found is not None and found.device != self.device.name:  # least_busy was another one
            self.device = open_device(replace(self.settings, device=found.device))
        submission = JobSubmission(self.device, ledger)
        after = 0
        if found is not None:
            record.check_points(found, points, ledger)
            found = submission.locate(found, self.policy.wait)
            after = found.attempt if self.policy.resubmit else 0
            found = ledger.renew(found, self.policy.resubmit)
        if found is None:
            found = self._begin(asked, pqc, points, after)
        found = self._send(submission, found, pqc)
        self.stray_notes += submission.search.notes
        self.evaluations.append(found)
        if self.purpose is not None:
            self.destination = destination_of(ledger, found, self.purpose)
            if self.destination.output.is_dir():
                write_job(ledger, found, self.destination.output)
        collection = JobCollection(lambda: self.device.service, ledger, self.on_progress)

        def fetch() -> Values:
            values = collection.values(found, self.policy.wait)
            if found.run is None:  # nothing else tells when its values were taken
                ledger.set_collected(found.id)
            return values

        return fetch

    def _begin(
        self, asked: Mapping[str, Any], pqc: PQC, points: np.ndarray, after: int
    ) -> Evaluation:
        """Note down a new evaluation, or return that of a process that was faster."""
        assert self.ledger is not None
        pubs, loads = cut(self.device, self.adapter, self.settings, self._pub(pqc, points))
        cost = estimate(self.device, self.adapter, self.settings, pubs, loads)
        self._allow(cost)
        bounds = np.cumsum([0, *(each.parameter_values.size for each in pubs)]).tolist()
        values = record.columns(
            asked,
            points,
            self._prepare(pqc),
            self.device,
            self.adapter.name,
            self.settings,
            cost,
            self.purpose,
        )
        found, new = self.ledger.begin(values, list(pairwise(bounds)), after)
        if new and self.purpose:
            self.ledger.update_evaluation(found.id, output=str(self.purpose.claim()))
        return self.ledger.get(found.id)

    def _send(self, submission: JobSubmission, found: Evaluation, pqc: PQC) -> Evaluation:
        """Have every job submitted: here, or by another process that is at it already."""
        ledger = submission.ledger
        while not found.all_sent:
            self._submit_planned(submission, found, pqc)
            found = submission.locate(ledger.get(found.id), self.policy.wait)
            found = ledger.renew(found, resubmit=False) or found
        return found

    def _submit_planned(self, submission: JobSubmission, found: Evaluation, pqc: PQC) -> None:
        """Submit what is planned, in the circuit that the ledger holds."""
        planned = [job.chunk for job in found.jobs if job.state == PLANNED]
        if not planned:
            return
        submission.ledger.check()
        prepared, points = record.unpack(found, submission.ledger)
        pubs = [
            self._pub(pqc, points[job.first : job.last], place(prepared, self._width))
            for job in found.jobs
        ]
        loads = [self.adapter.load(self.device, pubs[chunk], self.settings) for chunk in planned]
        to_send = [pubs[chunk] for chunk in planned]
        cost = estimate(self.device, self.adapter, self.settings, to_send, loads)
        self._allow(cost)
        share = max(1, math.floor(self.settings.max_qpu_seconds / len(planned)))
        said: list[RuntimeCost] = []

        def open_mode() -> Any:  # noqa: ANN401  # of the client
            if not said:
                said.append(cost)
                self.on_cost(cost)
            if self._mode is None:
                self._mode = submission.search.modes.open(
                    self.device, self.settings, found, self.policy.keep_open
                )
            else:
                submission.search.modes.used(self._mode)
            return self._mode

        try:
            sent = submission.submit(found, pubs, self.settings, open_mode, [share] * len(pubs))
        finally:
            if not self.policy.keep_open:
                self.close()
        if sent:
            self._spent += cost.seconds
            self._count(
                [pubs[chunk] for chunk in sent],
                cost.shots / max(1, self.settings.shots * cost.points),
            )

    def _allow(self, cost: RuntimeCost) -> None:
        refuse_above(cost, self._spent, self.settings)

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
