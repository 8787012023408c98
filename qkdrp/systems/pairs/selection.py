"""The epoch that the test part would select, as the paper did: told, and marked as such."""

from collections.abc import Mapping
from typing import Any

from qkdrp.training.epoch import Fit
from qkdrp.training.loop import SHOWN_LOSS

SELECTED = "selected_on_test"
"""Name of the epoch with the least test MSE in ``metrics.json``."""


def selected_on_test(fit: Fit) -> Mapping[str, Any]:
    """Return number and test MSE of the epoch with the least; nothing where none was recorded.

    Args:
        fit: The course of a training by the protocol of the paper.
    """
    losses = {each.epoch: each.value(SHOWN_LOSS) for each in fit.epochs}
    known = {epoch: loss for epoch, loss in losses.items() if loss is not None}
    if not known:
        return {}
    epoch = min(known, key=lambda each: known[each])
    return {SELECTED: {"epoch": epoch, "mse": known[epoch]}}


def selection_note(selected: Mapping[str, Any]) -> list[str]:
    """Return, as a line, what the test part would select; nothing where that is not known.

    Args:
        selected: Of :func:`selected_on_test`.
    """
    if SELECTED not in selected:
        return []
    best = selected[SELECTED]
    return [
        f"SELECTED ON THE TEST PART, as in the paper: epoch {best['epoch']} with an MSE of "
        f"{best['mse']:.5f}; the scores are of the last epoch"
    ]
