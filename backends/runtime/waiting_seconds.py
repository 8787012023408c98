"""Estimated seconds of jobs that were submitted and have not ended, from the ledger."""

import json
from collections.abc import Mapping

from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import JobState

SUBMITTED = (
    "SELECT jobs.job, jobs.first, jobs.last, evaluations.cost FROM jobs "
    "JOIN evaluations ON jobs.evaluation = evaluations.id "
    "WHERE jobs.state = ? AND jobs.job IS NOT NULL AND evaluations.instance = ?"
)


def waiting_seconds(ledger: Ledger, instance: str) -> Mapping[str, float]:
    """Return the estimated seconds of each job that the ledger holds as submitted, by its id.

    Args:
        ledger: The ledger.
        instance: CRN of the instance that pays.
    """
    with ledger.read() as database:
        rows = database.execute(SUBMITTED, (JobState.SUBMITTED, instance)).fetchall()
    return {job: _share(first, last, json.loads(cost)) for job, first, last, cost in rows}


def _share(first: int, last: int, cost: Mapping[str, float]) -> float:
    """Return the seconds of some points, of those that all points of an evaluation take."""
    points = cost.get("points") or 0
    return cost.get("seconds", 0.0) * (last - first) / points if points else 0.0
