"""How many points Aer gets at once: progress is told about once a second."""

from collections.abc import Iterator
from time import perf_counter

TELL_EVERY = 1.0
"""Seconds between two reports of progress."""


class Pace:
    """Cuts points into pieces that take about :data:`TELL_EVERY`.

    Args:
        least: Points of the smallest piece, as many as run side by side.
    """

    def __init__(self, least: int) -> None:
        self.least = least
        self._seconds: float | None = None

    def pieces(self, n_points: int) -> Iterator[slice]:
        """Yield pieces one after the other; the next one is asked for when the last is done."""
        start = 0
        while start < n_points:
            wanted = int(TELL_EVERY / self._seconds) if self._seconds else 0
            stop = min(n_points, start + max(self.least, wanted))
            begin = perf_counter()
            yield slice(start, stop)
            self._seconds = (perf_counter() - begin) / (stop - start)
            start = stop
