"""Jobs on hardware that outlive the command that submitted them.

Nothing here submits one but :func:`go_on`, which sends the next stage of an evaluation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.backends.protocols import PaidBackend
from qkdrp.backends.runtime.client_types import ClientService
from qkdrp.backends.runtime.clients import client_errors, open_service
from qkdrp.backends.runtime.job_collection import JobCollection
from qkdrp.backends.runtime.job_search import JobSearch
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_destinations import waiting_evaluations
from qkdrp.backends.runtime.ledger_rows import Evaluation, JobRow, JobState
from qkdrp.backends.runtime.paid_values import PaidValues
from qkdrp.backends.runtime.price import PriceList
from qkdrp.backends.runtime.quota import Quota, ask_quota
from qkdrp.backends.runtime.service_job import ServiceJob
from qkdrp.backends.runtime.stages import Stages, all_of
from qkdrp.common.errors import JobsPendingError, QkdrpError, RunError
from qkdrp.runs.destinations import Destination, destinations
from qkdrp.runs.evaluate import Progress, silent
from qkdrp.runs.folder import METRICS
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.verbs import complete

if TYPE_CHECKING:
    from qkdrp.backends.runtime.cost import RuntimeCost

CANCELLED_HERE = "cancelled by qkdrp jobs cancel"
"""Note of a job that was cancelled from here."""


@dataclass(frozen=True)
class Collected:
    """What became of the results of one evaluation, for one of the runs that wait for them.

    Args:
        evaluation: Its number in the ledger.
        folder: Where results were written, if they were.
        pending: Why not yet.
        problem: Why not at all.
        notes: What the user should know of jobs that were not needed.
    """

    evaluation: int
    folder: Path | None = None
    pending: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancelled:
    """What became of the jobs of an evaluation that were to be cancelled.

    Args:
        evaluation: The evaluation, as the ledger has it now.
        problems: What could not be cancelled, and why.
    """

    evaluation: Evaluation
    problems: tuple[str, ...] = ()


def quota(ledger: Ledger, instance: str = "") -> tuple[str, Quota, str]:
    """Return which instance pays, what is left to it, and the price of a second, if known.

    Args:
        ledger: Where submitted jobs are noted down: what they will take is no longer left.
        instance: Name or CRN of the instance; empty for the account's own choice.

    Raises:
        BackendError: If the service cannot be reached.
    """
    service = open_service(instance)
    with client_errors("find the instances of the account"):
        known = {each["crn"]: each["plan"] for each in service.instances()}
        paying = service.active_instance() or next(iter(known), "")
    plan = known.get(paying, "unknown")
    price = PriceList.read().of_plan(plan)
    found = ask_quota(service, paying, ledger)
    return f"{paying}, plan {plan}", found, "" if price is None else str(price)


def wait(
    ledger: Ledger,
    evaluation: Evaluation,
    on_progress: Progress = silent,
) -> Evaluation:
    """Wait until all jobs of an evaluation have ended, and keep their values in the ledger.

    Of several quantum layers those that were sent are waited for; no further one is.

    Raises:
        QkdrpError: If a job ended badly or its result cannot be read.
    """
    service = _service_of(evaluation)
    _fetch(ledger, evaluation, service, on_progress, wait=True)
    return ledger.get(evaluation.head)


def _fetch(
    ledger: Ledger,
    evaluation: Evaluation,
    service: Callable[[], ClientService],
    on_progress: Progress,
    *,
    wait: bool,
    notes: list[str] | None = None,
) -> Stages:
    """Bring all entries of an evaluation up to date; return it as the ledger has it then.

    Raises:
        JobsPendingError: If a job has not ended and nobody waits.
        QkdrpError: If a job ended badly or its result cannot be read.
    """
    collection = JobCollection(service, ledger, partial(on_progress, "jobs"))
    entries = Stages.of(ledger, evaluation).entries
    collection.fetch_all([_located(ledger, each, service, notes) for each in entries], wait=wait)
    return Stages.of(ledger, evaluation)


def cancel(ledger: Ledger, evaluation: Evaluation) -> Cancelled:
    """Cancel the jobs of an evaluation that have not ended, all that can be.

    What was never sent will not be sent any more.
    """
    service = _service_of(evaluation)
    problems = []
    for entry in Stages.of(ledger, evaluation).entries:
        try:
            found = _located(ledger, entry, service)
        except QkdrpError as error:
            problems.append(str(error))
            found = ledger.get(entry.id)
        for job in found.jobs:
            try:
                _cancel(ledger, job, service)
            except QkdrpError as error:
                problems.append(str(error))
    return Cancelled(ledger.get(evaluation.head), tuple(problems))


def _cancel(ledger: Ledger, job: JobRow, service: Callable[[], ClientService]) -> None:
    """Cancel one job, unless it has ended.

    Raises:
        QkdrpError: If it cannot be cancelled.
    """
    if job.state == JobState.PLANNED and ledger.claim(job):
        ledger.update(
            job.tag, state=JobState.CANCELLED, pid=None, note=f"{CANCELLED_HERE}, never sent"
        )
    if job.state != JobState.SUBMITTED or job.job is None:
        return
    if not ServiceJob(service(), job.job).cancel():
        raise QkdrpError(
            f"Job {job.job} had ended already: qkdrp jobs collect {job.evaluation} takes its "
            "result, or tells how it ended."
        )
    ledger.update(job.tag, state=JobState.CANCELLED, note=CANCELLED_HERE)


def collect(
    ledger: Ledger,
    evaluation: Evaluation,
    run: Path | None = None,
    source: str | None = None,
    on_progress: Progress = silent,
) -> Iterator[Collected]:
    """Complete the results of an evaluation from the service; submits nothing.

    Values are kept in the ledger first, so that they are there whatever is wrong with a run.

    Args:
        ledger: The ledger.
        evaluation: Of it.
        run: Where the run is now, or a copy of it; None for all that wait for the results.
        source: The data that the run was trained on, if they have moved.
        on_progress: Called with what is counted, how much is done and how much there is.

    Yields:
        What became of each run that waits for the results.
    """
    service, number = _service_of(evaluation), evaluation.head
    notes: list[str] = []
    try:
        stages = _fetch(ledger, evaluation, service, on_progress, wait=False, notes=notes)
        found = stages.head
        places = destinations(ledger, found)
    except JobsPendingError as error:
        yield Collected(number, pending=str(error), notes=tuple(notes))
        return
    except QkdrpError as error:
        yield Collected(number, problem=str(error), notes=tuple(notes))
        return
    if stages.next_stage:
        pending = f"{stages.progress} has ended, {stages.next_stage}"
        yield Collected(number, pending=pending, notes=tuple(notes))
        return
    if not places:  # submitted from Python
        ledger.set_collected(number)
        yield Collected(number, notes=tuple(notes))
        return
    write = partial(_write, ledger, found, service, source, on_progress)
    for place in places if run is None else [places[0].in_run(run)]:
        try:
            yield Collected(
                number, write(place, place if run is None else None), notes=tuple(notes)
            )
            notes.clear()
        except QkdrpError as error:
            yield Collected(number, problem=str(error))


def go_on(
    ledger: Ledger,
    evaluation: Evaluation,
    wait: bool = False,
    on_progress: Progress = silent,
    on_cost: "Callable[[RuntimeCost], None]" = lambda _cost: None,
    *,
    over_quota: bool = False,
) -> Collected:
    """Send the next stage of an evaluation, or complete its results where all values are there.

    It sends nothing beyond what was agreed when the evaluation was asked for: the same options, one
    limit of seconds for all stages.

    Args:
        ledger: The ledger.
        evaluation: Of it.
        wait: Whether to wait for jobs, and go on until the last stage.
        on_progress: Called with what is counted, how much is done and how much there is.
        on_cost: Called with what is about to be spent.
        over_quota: Whether jobs may take more than what is left of the account's time.

    Raises:
        QkdrpError: If a job ended badly, the run is gone, or the next stage is above the limit.
    """
    head = ledger.get(evaluation.head)
    places = destinations(ledger, head)
    if not places:
        raise RunError(
            f"Evaluation {head.id} was submitted from Python, without a run: ask for its values "
            "there once more."
        )
    place = next((each for each in places if not each.written), places[0])
    if place.gone:
        raise RunError(
            f"{place.run}: the run folder is gone: move it back, or evaluate the run where it is "
            "now with the same options, which attaches to what was sent."
        )
    if place.written and (place.output / METRICS).exists():
        return Collected(head.id, place.output)
    options = dict(place.request.get("options", {})) | {"wait": wait, "ledger": str(ledger.path)}
    if over_quota:
        options["over_quota"] = True
    try:
        with open_backend("ibm_runtime", options, place.request.get("seed", 0)) as backend:
            assert isinstance(backend, PaidBackend)
            backend.on_cost = on_cost
            folder = complete(place.run, place.request, backend, on_progress, place)
    except JobsPendingError as error:
        return Collected(head.id, pending=str(error))
    return Collected(head.id, folder)


def unfinished(ledger: Ledger) -> list[Evaluation]:
    """Return the evaluations of several stages whose results are not written, the oldest first."""
    waiting = waiting_evaluations(ledger)
    return [each.head for each in all_of(ledger, waiting) if each.plan]


def _write(
    ledger: Ledger,
    evaluation: Evaluation,
    service: Callable[[], ClientService],
    source: str | None,
    on_progress: Progress,
    asked: Destination,
    place: Destination | None,
) -> Path:
    """Write the results of an evaluation into the folder of one run; return the folder.

    Args:
        ledger: The ledger.
        evaluation: Of it, with values.
        service: Gives the client's service.
        source: The data that the run was trained on; None for what was asked for.
        on_progress: Told how far it is.
        asked: Which run, and with what it was asked for.
        place: Where results go; None to find the place in the run.
    """
    if place is not None and place.written and (place.output / METRICS).exists():
        return place.output
    if asked.gone:
        raise RunError(
            f"{asked.run}: the run folder is gone; the values are in the ledger: say where the "
            f"run is now: qkdrp jobs collect {evaluation.id} --run FOLDER."
        )
    request = dict(asked.request) | ({"source": source} if source else {})
    values = PaidValues(ledger, evaluation, service)
    return complete(asked.run, request, values, on_progress, place)


def _located(
    ledger: Ledger,
    evaluation: Evaluation,
    service: Callable[[], ClientService],
    notes: list[str] | None = None,
) -> Evaluation:
    """Return an evaluation after looking for jobs of it whose submission got no answer.

    Raises:
        QkdrpError: If it is too early to tell.
    """
    if all(job.state == JobState.DONE for job in evaluation.jobs):
        return evaluation
    search = JobSearch(service(), evaluation.instance, ledger)
    found = search.locate(evaluation)
    if notes is not None:
        notes += search.notes
    return found


def _service_of(evaluation: Evaluation) -> Callable[[], ClientService]:
    """Return what opens the service that an evaluation was sent to, once."""
    return cache(partial(open_service, evaluation.instance))
