"""Rows that a model is trained or watched on, as tensors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a data set as tensors, all with the row number as their first axis.

    Args:
        inputs: What the model is called with, each of shape (n_rows, ...).
        target: What it is to predict, shape (n_rows, ...).
        extra: What else the system's metrics read, by name, such as responder flags.
    """

    inputs: tuple[torch.Tensor, ...]
    target: torch.Tensor
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)
