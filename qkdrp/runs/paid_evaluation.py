"""Evaluations whose values are paid for: their folder is known from before they are sent."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from qkdrp.backends.protocols import PaidBackend
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.result_files import job_files
from qkdrp.backends.runtime.value_request import PlannedLayer, ValueRequest
from qkdrp.common.files import write_files
from qkdrp.runs.destinations import Destination, Purpose, destination_of, set_written


class PaidEvaluation:
    """One evaluation on a paid backend, from the request for its values to its written results.

    Args:
        backend: Where values come from.
        purpose: What they are for.
        destination: Where results go; found by the purpose where left out.
        layers: All quantum layers of the model, where it has several.
    """

    def __init__(
        self,
        backend: PaidBackend,
        purpose: Purpose,
        destination: Destination | None = None,
        layers: Sequence[PlannedLayer] = (),
    ) -> None:
        self.backend = backend
        self.purpose = replace(purpose, claim=cache(purpose.claim))  # one folder for all values
        self.destinations = [destination] if destination else []
        backend.ask_for(
            ValueRequest(
                purpose.identity, str(purpose.run), purpose.request, asker=self, layers=layers
            )
        )

    def noted(self, evaluation: Evaluation) -> None:
        """Make the folder for the results, and note it down, before anything is sent."""
        if evaluation.parent is None:
            self._ledger.update_evaluation(evaluation.id, output=str(self.purpose.claim()))

    def sent(self, evaluation: Evaluation) -> None:
        """Write from which jobs the results will come, before they are waited for."""
        destination = self._destination_of(evaluation)
        if destination.output.is_dir():
            write_files(destination.output, job_files(self._ledger, evaluation))

    def _destination_of(self, evaluation: Evaluation) -> Destination:
        """Return where results of an evaluation go; its layers have one place together."""
        for each in self.destinations:
            if each.evaluation == evaluation.head and evaluation.staged:
                return each
        head = self._ledger.get(evaluation.head)
        self.destinations.append(destination_of(self._ledger, head, self.purpose))
        return self.destinations[-1]

    def folder(self) -> Path:
        """Return the existing folder for the results, once they are there to be written."""
        if not self.destinations:
            for evaluation in self.backend.evaluations:
                self._destination_of(evaluation)
        if not self.destinations:  # simulated here: nothing was paid for
            return self.purpose.claim()
        folder = self.destinations[-1].output
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def finish(self) -> None:
        """Note down that the results are written."""
        for destination in self.destinations:
            set_written(self._ledger, destination)

    @property
    def _ledger(self) -> Ledger:
        assert self.backend.ledger is not None  # of jobs that are noted down
        return self.backend.ledger
