"""What dose is asked for, and what was found."""

from typing import Literal

from qkdrp.common.settings import Settings


class DoseQuestion(Settings):
    """What dose is asked for.

    Args:
        target: What the biomarker must stay below.
        fraction: Share of subjects in which it must.
        interval: Hours between doses.
        grid: Step of doses, mg.
        subjects: Virtual subjects.
        window: ``steady`` for steady state; ``late`` for an interval after three weeks of doses.
    """

    target: float
    fraction: float
    interval: float
    grid: float
    subjects: int
    window: Literal["steady", "late"] = "steady"


class FoundDose(Settings):
    """The dose that was found.

    Args:
        dose: On the grid, mg; None if no dose is enough.
        exact: Between steps of the grid.
        share: Share of subjects that it reaches.
    """

    dose: float | None
    exact: float | None
    share: float
