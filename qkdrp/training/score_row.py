"""One row of score tables: what a score is called, and which values it may have."""

from dataclasses import dataclass

from qkdrp.common.intervals import REAL_LINE, Interval


@dataclass(frozen=True)
class ScoreRow:
    """One row of score tables.

    Args:
        name: What the table calls it.
        key: Its name in ``metrics.json``; its interval, if it has one, is ``<key>_ci``.
        digits: Decimals that are shown.
        values: Smallest and largest value that it may have; no interval goes beyond.
        higher_is_better: Its direction.
        shown: Whether score tables have it; ``metrics.json`` has it in any case.
    """

    name: str
    key: str
    digits: int = 3
    values: Interval = REAL_LINE
    higher_is_better: bool = True
    shown: bool = True
