"""Finding submissions at the service by their tags: those without an answer, and one too many."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from qiskit.exceptions import QiskitError
from requests import RequestException

from qkdrp.backends.runtime.client_types import ClientJob, ClientService
from qkdrp.backends.runtime.clients import client_errors, plain
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, JobRow, JobState, StrayState
from qkdrp.backends.runtime.open_modes import OpenModes
from qkdrp.backends.runtime.service_watch import watch_of
from qkdrp.common.errors import BackendError, JobsPendingError

POST_SECONDS = 900.0
"""How long the client waits for the answer to one request for a job."""

POST_TRIES, BACK_OFF = 6, 30.0
"""How often the client sends such a request, and what it waits between them, all together."""

LISTING_LAG = 60.0
"""Seconds after which a job that arrived is in the service's list."""

LAST_ARRIVAL = POST_SECONDS + LISTING_LAG
"""Seconds after the end of a process until what it sent last is in the list, if it arrived."""

LONGEST_SUBMISSION = POST_TRIES * POST_SECONDS + BACK_OFF + LISTING_LAG
"""Seconds from the start of a submission until all that came of it is in the list."""

PAUSE, PAUSE_GROWTH, LONGEST_PAUSE = 0.1, 1.5, 2.0
"""Seconds between two looks at what another process does."""

SHORT_PATIENCE = 20.0
"""Seconds to wait for another process that is on another host, or where nobody wants to wait."""

PREFERRED = {"DONE": 0, "RUNNING": 1, "QUEUED": 2, "INITIALIZING": 2}
"""Which of several jobs with one tag is kept: the one that has come furthest."""


class JobSearch:
    """Finds the jobs of a ledger at the service.

    Args:
        service: The client's service.
        instance: CRN of the instance that pays.
        ledger: The ledger.

    Attributes:
        notes: What the user should know of jobs that are not needed.
    """

    def __init__(self, service: ClientService, instance: str, ledger: Ledger) -> None:
        self.service, self.instance, self.ledger = service, instance, ledger
        self.modes = OpenModes(service, ledger)
        self.notes: list[str] = []

    def locate(self, evaluation: Evaluation, wait: bool = False) -> Evaluation:
        """Find out which submissions reached the service, and that none did twice.

        Jobs that are not needed are cancelled; batches and sessions that were left are closed.

        Args:
            evaluation: Of the ledger.
            wait: Whether to wait, however long, for another process that is submitting it.

        Returns:
            The evaluation as the ledger holds it then.

        Raises:
            JobsPendingError: If another process is submitting it and nobody waits.
            BackendError: If it is too early to tell, or the service cannot be asked.
        """
        evaluation = self._after_others(evaluation, wait)
        for job in evaluation.jobs:
            if job.state == JobState.SUBMITTING:
                self._find(evaluation, job)
        for job in (*evaluation.replaced, *evaluation.jobs):
            if job.state not in {JobState.PLANNED, JobState.SUBMITTING} and not job.settled:
                self._quietly(self.check, evaluation, job)
        self._check_other_attempts(evaluation)
        for stray in evaluation.strays:
            if stray.state == StrayState.FOUND:
                self._quietly(self._spare, stray.tag, stray.job)
        self.notes += self.modes.close_left(self.instance)
        return self.ledger.get(evaluation.id)

    def _check_other_attempts(self, evaluation: Evaluation) -> None:
        """Look for jobs that other attempts took for lost."""
        others = [each for each in self.ledger.attempts(evaluation.key) if each.id != evaluation.id]
        for attempt in others:
            for job in attempt.replaced:
                if job.state == JobState.LOST:
                    self._quietly(self.check, attempt, job)

    def _after_others(self, evaluation: Evaluation, wait: bool) -> Evaluation:
        """Wait until no other process is submitting the evaluation, as far as can be seen."""
        pause, until = PAUSE, time.monotonic() + SHORT_PATIENCE
        while True:
            others = _of_others(evaluation)
            seen = [job for job in others if job.busy]
            if not others:
                return evaluation
            if time.monotonic() > until and not (wait and seen):
                if not seen:
                    return evaluation
                raise JobsPendingError(
                    f"Evaluation {evaluation.id} is being submitted by {seen[0].owner} right now: "
                    "ask again when it is done."
                )
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * PAUSE_GROWTH)
            evaluation = self.ledger.get(evaluation.id)

    def _find(self, evaluation: Evaluation, job: JobRow) -> None:
        """Note the id of a submission without an answer, or that it is lost."""
        there = self._listed(job.tag)
        if there:
            self._take(evaluation, job, there)
            return
        now = watch_of(self.service).now()
        left = self._left(job, now)
        if left <= 0:
            self.ledger.update(job.tag, state=JobState.LOST, note="never reached the service")
            return
        raise BackendError(
            f"The submission by {job.owner} got no answer and is not at the service yet: ask "
            f"again in {left:.0f} s; nothing is paid twice."
        )

    def _left(self, job: JobRow, now: datetime) -> float:
        """Return for how many seconds a submission may still turn up, by the service's clock."""
        noted = {
            name: now.isoformat(timespec="seconds")
            for name, at in (("claimed", job.claimed), ("unseen", job.unseen))
            if at is None and (name == "claimed" or job.owner.here or job.owner.alive is False)
        }
        if noted:
            self.ledger.update(job.tag, **noted)
        left = LONGEST_SUBMISSION - _since(job.claimed or noted["claimed"], now)
        unseen = job.unseen or noted.get("unseen")
        return min(left, LAST_ARRIVAL - _since(unseen, now)) if unseen else left

    def check(self, evaluation: Evaluation, job: JobRow) -> None:
        """See to it that one job at the service, at most, carries a tag."""
        there = self._listed(job.tag)
        if there:
            self._take(evaluation, job, there)
        now = watch_of(self.service).now()
        if job.claimed is None:
            self.ledger.update(job.tag, claimed=now.isoformat(timespec="seconds"))
        elif job.state != JobState.LOST and _since(job.claimed, now) > LONGEST_SUBMISSION:
            self.ledger.update(job.tag, settled=1)

    def recheck(self, evaluation: Evaluation) -> None:
        """Look for jobs one too many of an evaluation, if the service can be asked now."""
        for job in self.ledger.get(evaluation.id).jobs:
            if job.state == JobState.SUBMITTED and not job.settled:
                self._quietly(self.check, evaluation, job)

    def look(self, evaluation: Evaluation, job: JobRow) -> bool:
        """Look once for a submission without an answer; tell whether it is there."""
        there = self._listed(job.tag)
        if there:
            self._take(evaluation, job, there)
        return bool(there)

    def _listed(self, tag: str) -> list[ClientJob]:
        watch_of(self.service)  # so that the answer tells the time
        with client_errors(f"look for the job with tag {tag}"):
            return list(self.service.jobs(limit=None, job_tags=[tag], instance=self.instance))

    def _take(self, evaluation: Evaluation, job: JobRow, there: list[ClientJob]) -> None:
        """Note one of the jobs with a tag as the one that counts; the others are not needed."""
        mode = json.loads(evaluation.options).get("mode", "")
        ids = [each.job_id() for each in there]
        if job.job is None and len(there) > 1:
            with client_errors("look at jobs with one tag"):
                order = {each.job_id(): PREFERRED.get(each.status(), 3) for each in there}
            ids.sort(key=lambda each: order[each])
        if job.job is None and not job.current:
            self.ledger.reinstate(job)
        for each in there:
            if each.session_id:
                self.modes.found(evaluation, job, each.session_id, mode)
        sessions = {each.job_id(): each.session_id for each in there}
        for name in ids:
            if not self.ledger.arrived(job.tag, name, sessions[name]):
                self.spare(job.tag, name)

    def spare(self, tag: str, name: str) -> None:
        """Note down a job that is not needed, and cancel it."""
        strays = self.ledger.evaluation_of(tag).strays
        known = {stray.job: stray.state for stray in strays}
        if known.get(name, StrayState.FOUND) == StrayState.FOUND:
            self.ledger.note_stray(name, tag, StrayState.FOUND, "not needed")
            self._quietly(self._spare, tag, name)

    def _spare(self, tag: str, name: str) -> None:
        job = self.service.job(name)
        if job.status() in job.JOB_FINAL_STATES:
            state, note = (
                StrayState.ENDED,
                "it had ended, and may have been charged, before it was found",
            )
        else:
            job.cancel()
            state, note = StrayState.CANCELLED, "it was cancelled"
        self.ledger.note_stray(name, tag, state, note)
        self.notes.append(f"job {name} was submitted though it is not needed: {note}")

    def _quietly(self, what: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401
        """Do what can be done later as well, if the service cannot be asked now."""
        try:
            what(*arguments)
        except (BackendError, QiskitError, RequestException) as error:
            self.notes.append(f"jobs that are not needed were not looked for: {plain(error)}")


def _since(text: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(text)).total_seconds()


def _of_others(evaluation: Evaluation) -> list[JobRow]:
    """Return the jobs that other processes may be submitting, as far as can be seen."""
    return [
        job
        for job in evaluation.jobs
        if job.state == JobState.SUBMITTING and job.owner.alive is not False and not job.owner.here
    ]
