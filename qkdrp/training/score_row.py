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
        any_size: Whether values have a unit and so any size: ``digits`` are significant ones.
        shown: Whether score tables have it; ``metrics.json`` has it in any case.
    """

    name: str
    key: str
    digits: int = 3
    values: Interval = REAL_LINE
    higher_is_better: bool = True
    any_size: bool = False
    shown: bool = True

    def number(self, value: float) -> str:
        """Return a value as tables show it."""
        return self._text(value, self.digits)

    def interval(self, low: float, high: float) -> tuple[str, str]:
        """Return the ends of an interval as tables show them: with one digit less."""
        return self._text(low, self.digits - 1), self._text(high, self.digits - 1)

    def _text(self, value: float, digits: int) -> str:
        return f"{value:.{digits}{'g' if self.any_size else 'f'}}"
