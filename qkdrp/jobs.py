"""Jobs on hardware that outlive the command that submitted them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qkdrp.backends.runtime.clients import Device, client_errors, open_device
from qkdrp.backends.runtime.job_collection import JobCollection
from qkdrp.backends.runtime.job_submission import JobSubmission
from qkdrp.backends.runtime.ledger import CANCELLED, SUBMITTED, Evaluation, Ledger
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.common.errors import JobsPendingError, QkdrpError, RunError
from qkdrp.evaluation import evaluate

BACKEND = "ibm_runtime"
"""The backend that jobs of the ledger are of."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Collected:
    """What became of one evaluation.

    Args:
        evaluation: Its number in the ledger.
        folder: Where results were written, if they were.
        pending: Why not yet.
        problem: Why not at all.
    """

    evaluation: int
    folder: Path | None = None
    pending: str = ""
    problem: str = ""


def open_device_of(evaluation: Evaluation) -> Device:
    """Open the device where an evaluation's jobs are; asks the service."""
    options = json.loads(evaluation.options)
    settings = replace(
        RuntimeSettings(**options), device=evaluation.device, instance=evaluation.instance
    )
    return open_device(settings)


def wait(ledger: Ledger, evaluation: Evaluation) -> Evaluation:
    """Wait until all jobs of an evaluation have ended, and keep their values in the ledger.

    Raises:
        QkdrpError: If a job ended badly or its result cannot be read.
    """
    device = open_device_of(evaluation)
    collection = JobCollection(device, ledger)
    for job in JobSubmission(device, ledger).locate(evaluation).jobs:
        if job.state == SUBMITTED:
            collection.fetch(evaluation, job, wait=True)
    return ledger.find(str(evaluation.id))


def cancel(ledger: Ledger, evaluation: Evaluation) -> Evaluation:
    """Cancel the jobs of an evaluation that have not ended.

    Raises:
        QkdrpError: If the service refuses, as for a job that has ended.
    """
    device = open_device_of(evaluation)
    for job in JobSubmission(device, ledger).locate(evaluation).jobs:
        if job.state == SUBMITTED:
            with client_errors(f"cancel job {job.job}"):
                device.service.job(job.job).cancel()
            ledger.update(job.tag, state=CANCELLED, note="cancelled by qkdrp jobs cancel")
    return ledger.find(str(evaluation.id))


def collect(
    ledger: Ledger,
    evaluation: Evaluation,
    on_progress: Progress = lambda _what, _done, _total: None,
) -> Collected:
    """Complete the results of an evaluation from the service; submits nothing.

    Args:
        ledger: The ledger.
        evaluation: Of it.
        on_progress: Called with what is counted, how much is done and how much there is.
    """
    try:
        device = open_device_of(evaluation)
        found = JobSubmission(device, ledger).locate(evaluation)
        if found.run is None:
            return _fetch_only(device, ledger, found)
        if any(job.job is None for job in found.jobs):
            return Collected(
                evaluation.id,
                problem="a job never reached the service; evaluate the run again to submit it",
            )
        if not Path(found.run).is_dir():
            raise RunError(f"{found.run}: the run folder is gone; put it back where it was.")
        request: dict[str, Any] = json.loads(found.request)
        options = request.pop("options") | {"ledger": str(ledger.path), "wait": False}
        options |= {"instance": found.instance}
        done = evaluate(
            Path(found.run), BACKEND, options=options, on_progress=on_progress, **request
        )
    except JobsPendingError as error:
        return Collected(evaluation.id, pending=str(error))
    except QkdrpError as error:
        return Collected(evaluation.id, problem=str(error))
    return Collected(evaluation.id, folder=done.path)


def _fetch_only(device: Device, ledger: Ledger, evaluation: Evaluation) -> Collected:
    """Keep the values of jobs that were submitted from Python in the ledger."""
    collection = JobCollection(device, ledger)
    for job in evaluation.jobs:
        collection.fetch(evaluation, job, wait=False)
    ledger.set_collected(evaluation.id)
    return Collected(evaluation.id)
