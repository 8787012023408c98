"""Files that are kept beside results from hardware: jobs, circuit, values with errors."""

import json
import math
from collections.abc import Iterable

from qkdrp.backends.isa.prepared_file import CIRCUIT, MAPPING
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, summary

JOB = "job.json"
"""File that says from which jobs results come."""

EXPECTATIONS = "expectations.csv"
"""File of values with standard errors; rows are those of the predictions."""


def job_files(ledger: Ledger, evaluation: Evaluation) -> dict[str, bytes]:
    """Return from which jobs results come, and the circuit that they ran, as files by name.

    Args:
        ledger: Where the evaluation is noted down, asked for its present state.
        evaluation: Of the ledger.
    """
    content = json.dumps(summary(ledger.find(str(evaluation.id))), indent=2) + "\n"
    return {
        JOB: content.encode(),
        CIRCUIT: evaluation.prepared,
        MAPPING: evaluation.mapping.encode(),
    }


def value_files(found: Iterable[Values]) -> dict[str, bytes]:
    """Return values and standard errors, blank where there is none, as a file by name."""
    rows = [
        f"{point},{observable},{_cell(evs)},{_cell(std)}\n"
        for values in found
        for point, (means, errors) in enumerate(
            zip(values.evs.tolist(), values.stds.tolist(), strict=True)
        )
        for observable, (evs, std) in enumerate(zip(means, errors, strict=True))
    ]
    text = "row,observable,value,standard_error\n" + "".join(rows)
    return {EXPECTATIONS: text.encode()}


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""
