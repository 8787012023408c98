"""What early stopping may watch; imports nothing that takes time."""

from collections.abc import Mapping
from types import MappingProxyType

from qkdrp.training.monitor import BY_LOSS, LOSS, Direction, Monitor

AUC = "validation_auc"
"""Name of the validation AUC among an epoch's scores, and its column in the history."""

MONITORS: Mapping[str, Monitor] = MappingProxyType(
    {"auc": Monitor(AUC, Direction.HIGHER, "validation AUC"), LOSS: BY_LOSS}
)
"""Monitors by the name that ``--monitor`` takes; their scores are measured in ``fit_task.py``."""
