"""How much time is left, from the pace so far."""

from collections.abc import Callable
from time import perf_counter

LEAST_SECONDS = 0.5
"""Seconds after the warm-up from which on the pace counts."""

SLOW_SECONDS = 2.0
"""A first step that takes longer tells the pace by itself: its warm-up hardly counts."""

LONG_SECONDS = 30.0
"""From this time on an estimate is told by itself, beside the progress."""


def duration_text(seconds: float) -> str:
    """Return a time in words: seconds, minutes or hours.

    Example:
        >>> duration_text(45), duration_text(1200), duration_text(9000)
        ('45 s', '20 min', '2.5 h')
    """
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            number = seconds / length
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{seconds:.0f} s"


class Remaining:
    """The pace of something that is counted, and the time that is left at that pace.

    The first step warms up caches and compilers; it does not count unless it is long.

    Args:
        total: How much there is to be done.
        clock: Gives seconds.
    """

    def __init__(self, total: int, clock: Callable[[], float] = perf_counter) -> None:
        self.total, self._clock = total, clock
        self._start = self._last = clock()
        self._first: tuple[float, int] | None = None
        self._done = 0

    def reach(self, done: int) -> None:
        """Note that so much is done now."""
        self._last, self._done = self._clock(), done
        if self._first is None and done:
            self._first = self._last, done

    @property
    def pace(self) -> float | None:
        """Seconds for one of what is counted; None while too little is done to tell."""
        if self._first is None:
            return None
        when, done = self._first
        if self._done > done and self._last - when >= LEAST_SECONDS:
            return (self._last - when) / (self._done - done)
        return (when - self._start) / done if when - self._start >= SLOW_SECONDS else None

    def left(self) -> float | None:
        """Return the seconds that are left; None while too little is done to tell."""
        if self.pace is None:
            return None
        since = self._clock() - self._last
        return max(0.0, self.pace * (self.total - self._done) - since)

    def whole(self) -> float | None:
        """Return the seconds of all of it; None while too little is done to tell."""
        left = self.left()
        return None if left is None else self._clock() - self._start + left
