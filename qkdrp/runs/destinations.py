"""Where results of paid evaluations go: to every run that asked, once each.

The first run that asks submits the jobs. A copy of the run, or the same run with another
``--output``, attaches to the jobs and gets a destination of its own.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from qkdrp.backends.runtime import ledger_destinations as rows
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_destinations import DestinationRow
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.result_files import JOB
from qkdrp.common.errors import LedgerError
from qkdrp.runs.folder import METRICS


@dataclass(frozen=True)
class Purpose:
    """What a paid evaluation is for.

    Args:
        run: The run that is evaluated.
        identity: Digest of model and samples: the same evaluation has the same one.
        request: All that is needed to ask for it once more, as JSON.
        output: The folder that was asked for; None for any.
        claim: Makes the folder for its results.
    """

    run: Path
    identity: str
    request: Mapping[str, Any]
    output: Path | None
    claim: Callable[[], Path]

    def row(self, output: Path) -> DestinationRow:
        """Return what the ledger notes down of it, with the folder for its results."""
        return DestinationRow(str(self.run), str(output), json.dumps(dict(self.request)))


@dataclass(frozen=True)
class Destination:
    """A folder that waits for the results of an evaluation.

    Args:
        evaluation: Number of the evaluation.
        row: What the ledger holds of it.
        request: With what it was asked for.
    """

    evaluation: int
    row: DestinationRow
    request: Mapping[str, Any]

    @cached_property
    def run(self) -> Path:
        """The run that is evaluated."""
        return Path(self.row.run)

    @cached_property
    def output(self) -> Path:
        """The folder for its results."""
        return Path(self.row.output)

    def in_run(self, run: Path) -> "Destination":
        """Return it for another place of the run, as after the run was moved."""
        return replace(self, row=replace(self.row, run=str(run)))

    @property
    def written(self) -> bool:
        """Whether the results were written."""
        return self.row.written is not None

    @property
    def gone(self) -> bool:
        """Whether the run is no longer there, as after it was renamed."""
        return not self.run.is_dir()


def destinations(ledger: Ledger, evaluation: Evaluation) -> list[Destination]:
    """Return all destinations of an evaluation, the one it was submitted for first.

    Raises:
        LedgerError: If a request is damaged.
    """
    return [
        Destination(evaluation.id, row, _request(ledger, row.request))
        for row in rows.destination_rows(ledger, evaluation.id)
    ]


def destination_of(ledger: Ledger, evaluation: Evaluation, purpose: Purpose) -> Destination:
    """Return the destination of a purpose, noted down where it is new.

    A run that was renamed or moved keeps the folder that was made for the results; a copied one
    uses its copy of that folder.
    """
    waiting = [each for each in destinations(ledger, evaluation) if not each.written]
    for each in waiting:
        if each.run == purpose.run and purpose.output in {None, each.output}:
            return each
    found = None
    if purpose.output is None:
        found = _of_moved_or_copied(ledger, evaluation, purpose, waiting)
    return found or _add(ledger, evaluation, purpose, purpose.claim())


def _of_moved_or_copied(
    ledger: Ledger, evaluation: Evaluation, purpose: Purpose, waiting: Sequence[Destination]
) -> Destination | None:
    """Return the destination of a run that was moved, or copied with its folder for results."""
    for each in waiting:
        output = _carried_along(each, purpose.run, evaluation)
        if each.gone:
            inside = each.output.is_relative_to(each.run)
            output = output or (purpose.claim() if inside else each.output)
            return _move(ledger, each, purpose, output)
        if output is not None:
            return _add(ledger, evaluation, purpose, output)
    return None


def set_written(ledger: Ledger, destination: Destination) -> None:
    """Note down that the results for a destination are written."""
    rows.set_written(ledger, destination.evaluation, destination.row)


def _carried_along(destination: Destination, run: Path, evaluation: Evaluation) -> Path | None:
    """Return the folder in a moved or copied run that was made for the same results."""
    if not destination.output.is_relative_to(destination.run):
        return None
    output = run / destination.output.relative_to(destination.run)
    if (output / METRICS).exists():
        return None
    try:
        tags = {job["tag"] for job in json.loads((output / JOB).read_text())["jobs"]}
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return output if tags & {job.tag for job in evaluation.jobs} else None


def _add(ledger: Ledger, evaluation: Evaluation, purpose: Purpose, output: Path) -> Destination:
    """Note down one more destination."""
    row = purpose.row(output)
    rows.add_destination(ledger, evaluation.id, row)
    return Destination(evaluation.id, row, purpose.request)


def _move(ledger: Ledger, gone: Destination, purpose: Purpose, output: Path) -> Destination:
    """Give a destination whose run is gone the place that the run has now."""
    row = replace(purpose.row(output), written=gone.row.written, first=gone.row.first)
    rows.move_destination(ledger, gone.evaluation, gone.row, row)
    return Destination(gone.evaluation, row, purpose.request)


def _request(ledger: Ledger, text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise LedgerError(f"{ledger.path}: a request of the ledger is damaged: restore a copy.")
    return found
