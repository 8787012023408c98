"""One run of a model whose quantum layers ask for paid values, each when its angles are known."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.value_request import ValueRequest


@dataclass
class ModelPass:
    """What has happened so far in one run of a model.

    Args:
        gathering: Whether values that are not there yet are left out, so that layers that do not
            depend on them can ask for theirs.
        head: The first entry of the ledger that values came from.
        missing: Entries of the ledger whose jobs have not ended.
        held: Names of layers whose angles are not known yet.
        calls: How often each layer has asked.
    """

    gathering: bool = False
    head: Evaluation | None = None
    missing: list[Evaluation] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def complete(self) -> bool:
        """Whether every layer got its values."""
        return not (self.missing or self.held)

    def next_call(self, label: str) -> int:
        """Return how often a layer asked before, and count one more request of it."""
        self.calls[label] += 1
        return self.calls[label] - 1

    def holds(self, label: str, points: NDArray[np.float64], request: ValueRequest | None) -> bool:
        """Tell whether a layer has to wait for values of others; it is noted down if so.

        It has to while its angles are made of values that are missing, which makes them NaN, or
        while values of an earlier stage are missing, for a model may hide that (``torch.where``).

        Args:
            label: Name of the layer.
            points: What it asks for, shape (n_points, n_parameters).
            request: What the values are for.
        """
        if self.complete:
            return False
        stages = {each.label: each.stage for each in request.layers} if request else {}
        waited_for = [stages.get(name, 0) for name in self._without_values]
        waits = stages.get(label, 0) > min(waited_for) or not np.isfinite(points).all()
        if waits:
            self.held.append(label)
        return waits

    @property
    def _without_values(self) -> list[str]:
        return [*(each.layer for each in self.missing), *self.held]
