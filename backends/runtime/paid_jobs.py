"""Values from a real device, paid for once: attached to, or noted down, sent and fetched."""

import json
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
from qkdrp.backends.runtime.model_pass import ModelPass
from qkdrp.backends.runtime.open_modes import JobPlace, OpenModes
from qkdrp.backends.runtime.points import sendable
from qkdrp.backends.runtime.result_files import job_files
from qkdrp.backends.runtime.stages import LayerPlan, Stages, plan_json
from qkdrp.backends.runtime.value_request import PlannedLayer, ValueRequest
from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError, JobsPendingError, LedgerError

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
        evaluations: Where values came from in this run of the model.
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
        self._asked_device = circuits.settings.device
        self._pass = ModelPass()
        self._spent = self._spent_before = 0.0
        self._told = False
        self._estimates: dict[tuple[PQC, int], RuntimeCost] = {}

    def ask_for(self, request: ValueRequest) -> None:
        """Say what the values asked for next are for."""
        self._request, self._spent_before, self._told = request, self._spent, False
        self._estimates.clear()
        self._begin_pass()

    def gather(self, run_model: Callable[[], object]) -> None:
        """Run a model until all values that its layers ask for are there.

        Each run sends what can be sent: a layer whose angles depend on values that are missing has
        to wait for the next one. A model with a single layer is not run.

        Args:
            run_model: Asks for all values of the request.

        Raises:
            JobsPendingError: If jobs have not ended and nobody waits.
            BackendError: If a job ended badly, or what is asked for is above the limit or refused.
        """
        if self._request is None or not self._request.staged:
            return
        self._begin_pass(gathering=True)
        self._run(run_model)
        while not self._pass.complete:
            missing = [self.ledger.get(each.id) for each in self._pass.missing]
            self._collection.fetch_all(missing, self.policy.wait)
            self._begin_pass(gathering=True)
            self._run(run_model)
        self._begin_pass()

    def values(self, pqc: PQC, points: Reals, label: str = "") -> Callable[[], Values]:
        """Attach to the jobs of the same values, or submit them; return what fetches the values.

        Args:
            pqc: The circuit.
            points: Shape (n_points, n_parameters).
            label: Name of the quantum layer.

        Raises:
            BackendError: If the cost is above the limit or what is left of the account's time,
                or the service refuses.
        """
        if self._request is not None:
            self._request.check_label(label)
        if self._pass.holds(label, points, self._request):
            return partial(Values.none, len(points), pqc.n_outputs)
        points, blank = sendable(points)
        place = record.Place(label, self._pass.next_call(label), len(self.evaluations))
        asked = record.identity(
            pqc, points, self.circuits, self._request, place, self._asked_device, self._pass.head
        )
        evaluation, after = self._find(asked, pqc, points)
        cost = None
        if evaluation is None:
            evaluation, cost = self._begin(asked, pqc, points, after)
        self._pass.head = self._pass.head or self.ledger.get(evaluation.head)
        evaluation = self._submit(evaluation, cost)
        self.evaluations.append(evaluation)
        if self._request is not None:
            self._request.asker.sent(evaluation)
        return partial(self._fetch, evaluation, blank)

    def files(self) -> dict[str, bytes]:
        """Return from which jobs values came, and the circuits that they ran, as files by name."""
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

    def _begin_pass(self, gathering: bool = False) -> None:
        """Start to count anew: the model is run once more."""
        self.evaluations.clear()
        self._pass = ModelPass(gathering)

    def _run(self, run_model: Callable[[], object]) -> None:
        """Run the model; one that refuses values that are missing stops there."""
        try:
            run_model()
        except (BackendError, JobsPendingError, LedgerError):
            raise
        except Exception:
            if self._pass.complete:
                raise

    @property
    def _staged(self) -> bool:
        return self._request is not None and self._request.staged

    @property
    def _collection(self) -> JobCollection:
        return JobCollection(lambda: self._service, self.ledger, self.on_progress)

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
        if self.policy.resubmit and self._is_kept(found):
            return self.ledger.renew(found, resubmit=True) or found, 0
        after = found.attempt if self.policy.resubmit else 0
        return self.ledger.renew(found, self.policy.resubmit), after

    def _is_kept(self, found: Evaluation) -> bool:
        """Tell whether paying once more is for what failed, in this layer or another, alone."""
        if not self._staged:
            return False
        return self._pass.head is not None or Stages.of(self.ledger, found).failed

    def _begin(
        self, asked: Mapping[str, Any], pqc: PQC, points: Reals, after: int
    ) -> tuple[Evaluation, RuntimeCost | None]:
        """Note down a new evaluation, or return that of a process that was faster.

        The whole evaluation has to be within the limit: its layers that come later, too.

        Returns:
            The evaluation, and what it costs if all of it is to be submitted here.

        Raises:
            BackendError: If the device cannot hold a circuit, or the cost is above the limit: then
                nothing is noted down.
        """
        for each in (pqc, *self._later_circuits(asked["layer"])):
            self.circuits.refuse_hopeless(each)
        priced = self.circuits.priced(pqc, points)
        self._refuse_above_limit(self._with_rest(priced.cost, asked["layer"]))
        bounds = np.cumsum([0, *(each.parameter_values.size for each in priced.pubs)]).tolist()
        columns = record.columns(
            asked, points, self.circuits, self.circuits.prepare(pqc), priced.cost, self._request
        )
        if self._pass.head is None and self._staged:
            columns["stages"] = self._plan(asked["layer"], priced.cost)
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
            self._refuse_above_limit(self._with_rest(cost, found.layer))
        settings = self.circuits.settings
        left = settings.max_qpu_seconds - self._spent_on_stages()
        seconds = max(1, math.floor(left / len(planned)))
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
                self._tell(cost, found.layer)
            if self._place is None:
                self._place = modes.open(
                    self._device, self.circuits.settings, found, self.policy.keep_open
                )
            else:
                modes.used(self._place)
            return self._place

        return open_place

    def _fetch(self, evaluation: Evaluation, blank: NDArray[np.bool_]) -> Values:
        """Return the values of an evaluation, waited for if that is the policy.

        While values of several layers are gathered, those that are not there are NaN.

        Args:
            evaluation: Of the ledger.
            blank: Points that had no angles, shape (n_points,): they have no values.
        """
        if self._pass.gathering and not self.ledger.get(evaluation.id).has_values:
            self._pass.missing.append(evaluation)
            return Values.none(len(blank), len(json.loads(evaluation.mapping)["observables"]))
        values = self._collection.values(evaluation, self.policy.wait)
        if evaluation.run is None:  # nothing else tells when its values were taken
            self.ledger.set_collected(evaluation.id)
        return values.without(blank)

    def _tell(self, cost: RuntimeCost, layer: str) -> None:
        """Say what is about to be spent: on all layers, once, where there are several."""
        if not (self._staged and self._told):
            self._told = True
            self.on_cost(self._with_rest(cost, layer))

    def _plan(self, layer: str, cost: RuntimeCost) -> str:
        """Return what the ledger keeps of all layers, given the cost of the first one."""
        assert self._request is not None
        return plan_json(
            LayerPlan(each.label, each.stage, known.points, known.seconds)
            for each in self._request.layers
            for known in (cost if each.label == layer else self._estimate(each),)
        )

    def _later_circuits(self, layer: str) -> list[PQC]:
        """Return the circuits of all other layers, where nothing was sent yet."""
        if self._request is None or self._pass.head is not None:
            return []
        return [each.pqc for each in self._request.layers if each.label != layer]

    def _estimate(self, layer: PlannedLayer) -> RuntimeCost:
        alike = layer.pqc, layer.points  # layers may share one circuit
        if alike not in self._estimates:
            self._estimates[alike] = self.circuits.estimate(*alike)
        return self._estimates[alike]

    def _with_rest(self, cost: RuntimeCost, layer: str) -> RuntimeCost:
        """Return a cost with that of all other layers that are still to be sent."""
        if self._request is None or not self._request.staged:
            return cost
        head = self._pass.head
        there = {layer}
        if head is not None:
            there |= {each.layer for each in Stages.of(self.ledger, head).entries}
        rest = [each for each in self._request.layers if each.label not in there]
        return sum(map(self._estimate, rest), start=cost)

    def _spent_on_stages(self) -> float:
        """Return the seconds that were spent on this evaluation before, in whatever process."""
        if not self._staged or self._pass.head is None:
            return 0.0
        return Stages.of(self.ledger, self._pass.head).spent_seconds

    def _locate(self, evaluation: Evaluation) -> Evaluation:
        """Find out which submissions of an evaluation reached the service."""
        search = JobSearch(self._service, self._device.instance, self.ledger)
        try:
            return search.locate(evaluation, self.policy.wait)
        finally:
            self.notes += search.notes

    def _refuse_above_limit(self, cost: RuntimeCost) -> None:
        spent = self._spent_before + self._spent_on_stages() if self._staged else self._spent
        refuse_above(cost, spent, self.circuits.settings)
        if not self.policy.over_quota:
            refuse_over_quota(cost)

    def _count(self, pubs: list[EstimatorPub], cost: RuntimeCost) -> None:
        shots = self.circuits.settings.shots
        points = sum(pub.parameter_values.size for pub in pubs)
        per_point = cost.shots / max(1, shots * cost.points)
        self._spent += cost.seconds
        self.usage.executions += round(points * per_point)
        self.usage.shots += round(points * per_point * shots)
