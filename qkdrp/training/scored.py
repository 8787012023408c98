"""Which scores of a run are shown: those of its test rows, or cross-validated ones."""

from collections.abc import Mapping
from typing import Any, NamedTuple

HELD_OUT = "held out"
"""Part of predictions of a cross-validation: each row by the model of the fold that lacks it."""

CROSS_VALIDATION = "cross_validation"
"""Name of the scores of a cross-validation in ``metrics.json``, in the form of ``test``."""

FINAL = "final"
"""Says in ``metrics.json`` how a model that trains on all rows got its number of epochs."""


class Scored(NamedTuple):
    """The scores of a run that are shown.

    Args:
        kind: Which rows they are of, such as ``test``.
        scores: The scores; None where there are none.
    """

    kind: str
    scores: Mapping[str, Any] | None


def scored_rows(metrics: Mapping[str, Any]) -> Scored:
    """Return the scores of a run that are shown, given its ``metrics.json``."""
    if metrics.get(FINAL) is None:
        return Scored("test", metrics.get("test"))
    return Scored("cross-validated", metrics.get(CROSS_VALIDATION))
