"""Files that are kept beside results from hardware: jobs, circuit, values with errors."""

import json
from collections.abc import Sequence

from qkdrp.backends.isa.prepared_file import CIRCUIT, MAPPING
from qkdrp.backends.layer_names import layer_file, layer_files
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.stages import Stages
from qkdrp.backends.value_table import value_table

JOB = "job.json"
"""File that says from which jobs results come."""

EXPECTATIONS = "expectations.csv"
"""File of values with standard errors; rows are the points of a layer."""


def job_files(ledger: Ledger, evaluation: Evaluation) -> dict[str, bytes]:
    """Return from which jobs results come, and the circuits that they ran, as files by name.

    Args:
        ledger: Where the evaluation is noted down, asked for its present state.
        evaluation: Of the ledger; an entry of one of several layers stands for all.
    """
    stages = Stages.of(ledger, evaluation)
    content = json.dumps(stages.to_json(), indent=2) + "\n"
    files = {JOB: content.encode()}
    for each in stages.entries:
        label = each.layer if stages.plan else ""
        files[layer_file(CIRCUIT, label)] = each.prepared
        files[layer_file(MAPPING, label)] = each.mapping.encode()
    return files


def value_files(found: Sequence[tuple[str, Values]]) -> dict[str, bytes]:
    """Return values and standard errors, blank where there is none, as a file for each layer.

    Args:
        found: The values of each request, with the name of the layer that they are of.
    """
    labels = dict.fromkeys(label for label, _ in found) or {"": None}
    return layer_files(
        {
            label: {
                EXPECTATIONS: value_table(
                    (values.evs, values.stds) for layer, values in found if layer == label
                )
            }
            for label in labels
        }
    )
