"""What a folder of results holds of the jobs that they come from."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

from qkdrp.backends.isa.prepared_file import CIRCUIT, MAPPING
from qkdrp.backends.runtime import digests
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.destinations import JOB
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, summary

EXPECTATIONS = "expectations.csv"
"""File of values with standard errors; rows are those of the predictions."""


def write_job(ledger: Ledger, evaluation: Evaluation, folder: Path) -> None:
    """Write from which jobs results come, and the circuit that they ran, into an existing folder.

    Args:
        ledger: Where the evaluation is noted down, asked for its present state.
        evaluation: Of the ledger.
        folder: Where to.
    """
    content = json.dumps(summary(ledger.find(str(evaluation.id))), indent=2) + "\n"
    digests.unpack_files(
        {
            JOB: content.encode(),
            CIRCUIT: evaluation.prepared,
            MAPPING: evaluation.mapping.encode(),
        },
        folder,
    )


def write_expectations(found: Iterable[Values], folder: Path) -> None:
    """Write values and standard errors, blank where there is none, into an existing folder."""
    rows = [
        f"{point},{observable},{_cell(evs)},{_cell(std)}\n"
        for values in found
        for point, (means, errors) in enumerate(
            zip(values.evs.tolist(), values.stds.tolist(), strict=True)
        )
        for observable, (evs, std) in enumerate(zip(means, errors, strict=True))
    ]
    text = "row,observable,value,standard_error\n" + "".join(rows)
    digests.unpack_files({EXPECTATIONS: text.encode()}, folder)


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""
