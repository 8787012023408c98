"""Jobs on hardware that outlive the command that submitted them. Nothing here submits one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from qkdrp.backends.runtime.client_types import ClientService
from qkdrp.backends.runtime.clients import client_errors, open_service
from qkdrp.backends.runtime.job_collection import JobCollection
from qkdrp.backends.runtime.job_search import JobSearch
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, JobRow, JobState
from qkdrp.backends.runtime.paid_values import PaidValues
from qkdrp.backends.runtime.price import PriceList
from qkdrp.backends.runtime.quota import Quota, ask_quota
from qkdrp.backends.runtime.service_job import ServiceJob
from qkdrp.common.errors import JobsPendingError, QkdrpError, RunError
from qkdrp.runs.destinations import Destination, destinations
from qkdrp.runs.evaluate import Progress, silent
from qkdrp.runs.folder import METRICS
from qkdrp.runs.verbs import complete

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

    Raises:
        QkdrpError: If a job ended badly or its result cannot be read.
    """
    service = _service_of(evaluation)
    found = _located(ledger, evaluation, service)
    JobCollection(service, ledger, partial(on_progress, "jobs")).fetch(found, wait=True)
    return ledger.get(evaluation.id)


def cancel(ledger: Ledger, evaluation: Evaluation) -> Cancelled:
    """Cancel the jobs of an evaluation that have not ended, all that can be.

    What was never sent will not be sent any more.
    """
    service = _service_of(evaluation)
    problems = []
    try:
        evaluation = _located(ledger, evaluation, service)
    except QkdrpError as error:
        problems.append(str(error))
        evaluation = ledger.get(evaluation.id)
    for job in evaluation.jobs:
        try:
            _cancel(ledger, job, service)
        except QkdrpError as error:
            problems.append(str(error))
    return Cancelled(ledger.get(evaluation.id), tuple(problems))


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
    service, number = _service_of(evaluation), evaluation.id
    notes: list[str] = []
    try:
        found = _located(ledger, evaluation, service, notes)
        JobCollection(service, ledger, partial(on_progress, "jobs")).fetch(found, wait=False)
        places = destinations(ledger, found)
    except JobsPendingError as error:
        yield Collected(number, pending=str(error), notes=tuple(notes))
        return
    except QkdrpError as error:
        yield Collected(number, problem=str(error), notes=tuple(notes))
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
