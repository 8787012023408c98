"""Rows to train or validate on, in memory as tensors."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.common.brief import Brief

Indices = torch.Tensor | slice
"""Row numbers, shape (n_batch,), int64; or a slice."""


@dataclass(frozen=True, eq=False, repr=False)
class Rows(Brief):
    """Inputs of a model and what it is to predict, row by row.

    A system may override :meth:`batch`, for example to encode every distinct molecule of a batch
    once.

    Args:
        inputs: What the model is called with; the first dimension of each is the row.
        target: What it is to predict; the first dimension is the row.
        extra: What only the system's scores read, such as flags, by name.

    Raises:
        ValueError: If inputs and target differ in their number of rows.
    """

    inputs: tuple[torch.Tensor, ...]
    target: torch.Tensor
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every part has as many rows."""
        sizes = [len(part) for part in (*self.inputs, self.target)]
        found = {*sizes, *map(len, self.extra.values())}
        if len(found) != 1:
            raise ValueError(f"Found parts of {sorted(found)} rows, expected equally many.")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    def batch(self, indices: Indices) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
        """Return the model's inputs and the target of some rows.

        Args:
            indices: Row numbers, or a slice; ``slice(None)`` copies nothing.
        """
        return tuple(part[indices] for part in self.inputs), self.target[indices]

    def to(self, device: torch.device) -> Self:
        """Return the rows with inputs and target on a device."""
        moved = tuple(part.to(device) for part in self.inputs)
        return replace(self, inputs=moved, target=self.target.to(device))


def as_tensor(array: NDArray[Any]) -> torch.Tensor:
    """Return a float32 copy; torch takes neither read-only nor reversed arrays as they are."""
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))
