"""A contender of the comparison: what is trained or fitted, and what it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contender:
    """A model or a baseline of the comparison.

    Args:
        label: For tables and figures.
        meaning: What it is.
        settings: Of the model; empty for a baseline.
        seeded: Whether a training draws numbers. Others are trained once: grey boxes of power laws
            begin at 0 and take all subjects in a batch.
        mechanism: Whether it has a structure.
        told: Whether it can take the biomarker before the first dose.
        family: What networks share that differ in their core alone: these are compared in pairs;
            empty for all others.
        core: What stands in the circuits' place in a network; empty for all others.
        fit: Settings of its training that differ from the study's; the epochs are at most so many.
        passes: Predictions with dropout whose mean counts; 0 for one prediction without dropout.
        subjects: Training subjects of each dose level, from the first; 0 for all.
    """

    label: str
    meaning: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seeded: bool = False
    mechanism: bool = False
    told: bool = True
    family: str = ""
    core: str = ""
    fit: Mapping[str, Any] = field(default_factory=dict)
    passes: int = 0
    subjects: int = 0

    @property
    def is_baseline(self) -> bool:
        """Whether it is fitted as a baseline of the system."""
        return not self.settings
