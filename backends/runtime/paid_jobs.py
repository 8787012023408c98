"""Values from a real device, paid for once: attached to, or noted down, sent and fetched."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime import evaluation_record as record
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.client_types import ClientService
from qkdrp.backends.runtime.clients import Device, open_device
from qkdrp.backends.runtime.cost import RuntimeCost, refuse_above, refuse_over_quota
from qkdrp.backends.runtime.device_circuits import DeviceCircuits
from qkdrp.backends.runtime.job_collection import JobCollection
from qkdrp.backends.runtime.job_search import JobSearch
from qkdrp.backends.runtime.job_submission import JobSubmission
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, JobState
from qkdrp.backends.runtime.open_modes import JobPlace, OpenModes
from qkdrp.backends.runtime.result_files import job_files
from qkdrp.backends.runtime.value_request import ValueRequest
from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC

Reals = NDArray[np.float64]

SENT = "jobs sent"
"""What is counted while jobs are submitted."""


@dataclass(frozen=True)
class Policy:
    """What may be done with jobs.

    Args:
        wait: Whether to wait for jobs.
        resubmit: Whether to pay once more for what is there already.
        keep_open: Whether a batch or session stays open for more jobs.
        over_quota: Whether jobs may take more than what is left of the account's time.
    """

    wait: bool = True
    resubmit: bool = False
    keep_open: bool = False
    over_quota: bool = False


class PaidJobs:
    """Jobs on a real device, each noted down in the ledger before it is sent.

    Args:
        circuits: Circuits in the device's gates.
        ledger: Where jobs are noted down.
        policy: What may be done.
        usage: The totals to add to.
        on_progress: Called with how many jobs have ended and how many there are.
        on_cost: Called with what is about to be submitted.

    Attributes:
        evaluations: Where values came from since :meth:`ask_for` was called last.
        notes: What the user should know of batches, sessions and jobs that are not needed.
    """

    def __init__(
        self,
        circuits: DeviceCircuits,
        ledger: Ledger,
        policy: Policy,
        usage: Usage,
        on_progress: Callable[[int, int], None],
        on_cost: Callable[[RuntimeCost], None],
    ) -> None:
        self.circuits, self.ledger, self.policy = circuits, ledger, policy
        self.usage, self.on_progress, self.on_cost = usage, on_progress, on_cost
        self.evaluations: list[Evaluation] = []
        self.notes: list[str] = []
        self._request: ValueRequest | None = None
        self._place: JobPlace | None = None
        self._spent = 0.0

    def ask_for(self, request: ValueRequest) -> None:
        """Say what the values asked for next are for."""
        self._request = request
        self.evaluations.clear()

    def values(self, pqc: PQC, points: Reals) -> Callable[[], Values]:
        """Attach to the jobs of the same values, or submit them; return what fetches the values.

        Args:
            pqc: The circuit.
            points: Shape (n_points, n_parameters).

        Raises:
            BackendError: If the cost is above the limit or what is left of the account's time,
                or the service refuses.
        """
        number = len(self.evaluations)
        asked = record.identity(pqc, points, self.circuits, self._request, number)
        evaluation, after = self._find(asked, pqc, points)
        cost = None
        if evaluation is None:
            evaluation, cost = self._begin(asked, pqc, points, after)
        evaluation = self._submit(evaluation, cost)
        self.evaluations.append(evaluation)
        if self._request is not None:
            self._request.asker.sent(evaluation)
        return partial(self._fetch, evaluation)

    def files(self) -> dict[str, bytes]:
        """Return from which jobs values came, and the circuit that they ran, as files by name."""
        found: dict[str, bytes] = {}
        for evaluation in self.evaluations:
            found |= job_files(self.ledger, evaluation)
        return found

    def close(self) -> None:
        """Close an open batch or session; jobs that are in it go on.

        One that cannot be closed now is closed by the next command that uses the ledger.
        """
        place, self._place = self._place, None
        if place is not None:
            note = OpenModes(self._service, self.ledger).close(place)
            self.notes += [note] if note else []

    @property
    def _device(self) -> Device:
        return self.circuits.device

    @property
    def _service(self) -> ClientService:
        assert self._device.service is not None  # of a real device
        return self._device.service

    def _find(
        self, asked: Mapping[str, Any], pqc: PQC, points: Reals
    ) -> tuple[Evaluation | None, int]:
        """Return the evaluation to attach to, if any, and the last attempt that is known.

        Raises:
            BackendError: If it is too early to tell what became of its submission.
        """
        found = record.find(self.ledger, asked, pqc)
        if found is None:
            return None, 0
        if found.device != self._device.name:  # least_busy was another one
            settings = replace(self.circuits.settings, device=found.device)
            self.circuits = self.circuits.on(open_device(settings))
        record.check_points(found, points, self.ledger)
        found = self._locate(found)
        after = found.attempt if self.policy.resubmit else 0
        return self.ledger.renew(found, self.policy.resubmit), after

    def _begin(
        self, asked: Mapping[str, Any], pqc: PQC, points: Reals, after: int
    ) -> tuple[Evaluation, RuntimeCost | None]:
        """Note down a new evaluation, or return that of a process that was faster.

        Returns:
            The evaluation, and what it costs if all of it is to be submitted here.

        Raises:
            BackendError: If the cost is above the limit: then nothing is noted down.
        """
        priced = self.circuits.priced(pqc, points)
        self._refuse_above_limit(priced.cost)
        bounds = np.cumsum([0, *(each.parameter_values.size for each in priced.pubs)]).tolist()
        columns = record.columns(
            asked, points, self.circuits, self.circuits.prepare(pqc), priced.cost, self._request
        )
        found, new = self.ledger.begin(columns, list(pairwise(bounds)), after)
        if new and self._request is not None:
            self._request.asker.noted(found)
        return self.ledger.get(found.id), priced.cost if new else None

    def _submit(self, found: Evaluation, cost: RuntimeCost | None) -> Evaluation:
        """Have every job submitted: here, or by another process that is at it already."""
        while not found.all_sent:
            self._submit_planned(found, cost)
            cost = None  # of what was to be sent then
            found = self._locate(self.ledger.get(found.id))
            found = self.ledger.renew(found, resubmit=False) or found
        return found

    def _submit_planned(self, found: Evaluation, cost: RuntimeCost | None) -> None:
        """Submit what is planned, in the circuit that the ledger holds."""
        planned = [job.chunk for job in found.jobs if job.state == JobState.PLANNED]
        if not planned:
            return
        self.ledger.check()
        prepared, points = record.unpack(found, self.ledger)
        pubs = [self.circuits.pub(prepared, points[job.first : job.last]) for job in found.jobs]
        if cost is None or len(planned) < len(pubs):
            cost = self.circuits.price([pubs[chunk] for chunk in planned])
            self._refuse_above_limit(cost)
        settings = self.circuits.settings
        seconds = max(1, math.floor(settings.max_qpu_seconds / len(planned)))
        submission = JobSubmission(
            self._device, self.ledger, partial(self.circuits.on_progress, SENT)
        )
        try:
            sent = submission.submit(found, pubs, settings, self._opener(found, cost), seconds)
        finally:
            self.notes += submission.search.notes
            if not self.policy.keep_open:
                self.close()
        if sent:
            self._count([pubs[chunk] for chunk in sent], cost)

    def _opener(self, found: Evaluation, cost: RuntimeCost) -> Callable[[], JobPlace]:
        """Return what opens a batch or session once, after telling the cost."""
        modes, told = OpenModes(self._service, self.ledger), list[RuntimeCost]()

        def open_place() -> JobPlace:
            if not told:
                told.append(cost)
                self.on_cost(cost)
            if self._place is None:
                self._place = modes.open(
                    self._device, self.circuits.settings, found, self.policy.keep_open
                )
            else:
                modes.used(self._place)
            return self._place

        return open_place

    def _fetch(self, evaluation: Evaluation) -> Values:
        """Return the values of an evaluation, waited for if that is the policy."""
        collection = JobCollection(lambda: self._service, self.ledger, self.on_progress)
        values = collection.values(evaluation, self.policy.wait)
        if evaluation.run is None:  # nothing else tells when its values were taken
            self.ledger.set_collected(evaluation.id)
        return values

    def _locate(self, evaluation: Evaluation) -> Evaluation:
        """Find out which submissions of an evaluation reached the service."""
        search = JobSearch(self._service, self._device.instance, self.ledger)
        try:
            return search.locate(evaluation, self.policy.wait)
        finally:
            self.notes += search.notes

    def _refuse_above_limit(self, cost: RuntimeCost) -> None:
        refuse_above(cost, self._spent, self.circuits.settings)
        if not self.policy.over_quota:
            refuse_over_quota(cost)

    def _count(self, pubs: list[EstimatorPub], cost: RuntimeCost) -> None:
        shots = self.circuits.settings.shots
        points = sum(pub.parameter_values.size for pub in pubs)
        per_point = cost.shots / max(1, shots * cost.points)
        self._spent += cost.seconds
        self.usage.executions += round(points * per_point)
        self.usage.shots += round(points * per_point * shots)
