"""What is measured after every epoch, and what early stopping may watch.

The names are read by the command line, so packages that take time are imported inside functions.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from qkdrp.training.monitor import BY_LOSS, LOSS, Direction, Monitor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Measure = Callable[["NDArray[Any]", "NDArray[Any]", "NDArray[np.bool_] | None"], float | None]
"""Takes label, prediction and responder flags, each of shape (n_samples,); flags may be missing.
None stands for a score that is not defined."""

AUC = "validation_auc"
"""Name of the validation AUC among an epoch's scores, and its column in the history."""


def validation_auc(
    _label: "NDArray[Any]", prediction: "NDArray[Any]", responder: "NDArray[np.bool_] | None"
) -> float | None:
    """Return the AUC of responders, where there are flags."""
    if responder is None:
        return None
    from qkdrp.systems.response.scores import responder_auc

    return responder_auc(responder, prediction)


MEASURES: Mapping[str, Measure] = MappingProxyType({AUC: validation_auc})
"""What is measured after every epoch, by the name that a monitor reads."""

MONITORS: Mapping[str, Monitor] = MappingProxyType(
    {"auc": Monitor(AUC, Direction.HIGHER, "validation AUC"), LOSS: BY_LOSS}
)
"""Monitors by the name that ``--monitor`` takes."""
