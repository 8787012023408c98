"""Setups: what is trained, on how many pairs and of which split; one training for each seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self

GIVEN, SHUFFLED, EMBEDDED = "given", "shuffled", "embedded"
"""Data of a setup: those of the study, the same with drugs shuffled within lines (no network may
find anything beyond the line), and the embedded pairs (whose interaction is known)."""

DATA_LABELS = {GIVEN: "", SHUFFLED: "drugs shuffled within lines", EMBEDDED: "embedded pairs"}
"""What reports call them."""


PAPER: Mapping[str, Any] = MappingProxyType(
    {
        "n_qubits": 8,
        "n_encoding": 32,
        "n_variational": 5,
        "bridge": "none",
        "lr": 1.8e-3,
        "optimizer": "adam",
    }
)
"""What the paper chose by its search."""


@dataclass(frozen=True)
class Place:
    """Where networks are compared: the same pairs for training and test, seed by seed.

    Args:
        split: What the test leaves out.
        size: Training and validation pairs together.
        data: :data:`GIVEN`, :data:`SHUFFLED` or :data:`EMBEDDED`.
    """

    split: str
    size: int
    data: str = GIVEN

    @property
    def title(self) -> str:
        """What reports call it."""
        more = f", {DATA_LABELS[self.data]}" if DATA_LABELS[self.data] else ""
        return f"{self.split.upper()}, {self.size} pairs{more}"


@dataclass(frozen=True)
class Setup:
    """What is trained, and where.

    Args:
        model: Name of a contender.
        place: Pairs.
        changes: Settings of model and training that differ from those of the study, by name.
        baseline: Whether ``model`` is a baseline of the system and no contender.
    """

    model: str
    place: Place
    changes: tuple[tuple[str, Any], ...] = ()
    baseline: bool = False

    @property
    def variant(self) -> str:
        """What tells it from others in one place: the model, and what was changed."""
        changed = (f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}"
                   for name, value in self.changes)  # fmt: skip
        return ", ".join((self.model, *changed))

    def changed(self, **changes: Any) -> Self:  # noqa: ANN401  # any setting
        """Return the setup with settings of its own; those that the paper has are none."""
        own = {name: value for name, value in changes.items() if PAPER.get(name) != value}
        return replace(self, changes=tuple(own.items()))
