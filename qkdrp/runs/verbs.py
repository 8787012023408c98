"""What values in the ledger were asked for, and how each kind of request is completed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qkdrp.backends import Backend
from qkdrp.backends.runtime.paid_values import PaidValues
from qkdrp.common.errors import RunError
from qkdrp.runs.destinations import Destination
from qkdrp.runs.evaluate import VERB as EVALUATE
from qkdrp.runs.evaluate import EvaluationRequest, Progress, carry_out
from qkdrp.runs.predict_new import VERB as PREDICT
from qkdrp.runs.predict_new import PredictionRequest
from qkdrp.runs.predict_new import carry_out as carry_out_prediction

Completion = Callable[[Path, Mapping[str, Any], Backend, Progress, Destination | None], Path]
"""Writes the results of a request and returns their folder; arguments as of :func:`complete`."""


def _evaluation(
    run: Path,
    request: Mapping[str, Any],
    values: Backend,
    on_progress: Progress,
    destination: Destination | None,
) -> Path:
    asked = EvaluationRequest(
        run=run,
        source=request.get("source"),
        threads=request.get("threads", 0),
        seed=request.get("seed", 0),
    )
    return carry_out(asked, values, on_progress, destination).path


def _prediction(
    run: Path,
    request: Mapping[str, Any],
    values: Backend,
    on_progress: Progress,
    destination: Destination | None,
) -> Path:
    """Write predictions of new samples; those of several runs need the values of all."""
    if len(request["runs"]) > 1:
        raise RunError(
            f"Evaluation{_number(values)} of the ledger is of one of {len(request['runs'])} "
            "runs that predict together, and its values are in the ledger now: give the same "
            f"qkdrp {PREDICT} again, which takes the values of all and pays for nothing."
        )
    asked = PredictionRequest.from_json({**request, "runs": [str(run)]})
    carry_out_prediction(asked, values, on_progress, destination)
    return asked.files if destination is None else destination.output


def _number(values: Backend) -> str:
    """Return the number of the evaluation that values are of, where they are of the ledger."""
    return f" {values.evaluation.id}" if isinstance(values, PaidValues) else ""


VERBS: Mapping[str, Completion] = MappingProxyType({EVALUATE: _evaluation, PREDICT: _prediction})
"""How requests are completed, by the ``verb`` that they carry in the ledger."""


def complete(
    run: Path,
    request: Mapping[str, Any],
    values: Backend,
    on_progress: Progress,
    destination: Destination | None,
) -> Path:
    """Write the results of a request whose values are paid for; return their folder.

    Args:
        run: The run that is asked about.
        request: With what it was asked; without a verb it is an evaluation, as those of earlier
            versions are.
        values: Gives the values: those of the ledger, or a device that may be asked for more.
        on_progress: Called with what is counted, how much is done and how much there is.
        destination: Where results go; None to find the place in the run.

    Raises:
        RunError: If this version does not know the verb.
        QkdrpError: If run or data cannot be used, or values are not theirs.
    """
    verb = request.get("verb", EVALUATE)
    if verb not in VERBS:
        raise RunError(
            f"Evaluation{_number(values)} of the ledger was asked for by {verb!r}, expected "
            f"one of {', '.join(VERBS)}: it takes the version of qkdrp that submitted it."
        )
    return VERBS[verb](run, request, values, on_progress, destination)
