"""Shows how far the reading of a large table is."""

import sys
from time import monotonic
from typing import TYPE_CHECKING

from qkdrp.cli.console import console, print_note

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

QUIET = 2.0
"""Seconds of reading before anything is shown."""

SLOW = 5.0
"""Seconds of reading from which on another format is worth a line."""


class ReadingBar:
    """Shows what it is told of: a bar on a terminal, one line elsewhere.

    A listener for :func:`~qkdrp.common.progress.heard_by`.

    Args:
        advice: What is said at the end of something that took long; nothing for silence.
    """

    def __init__(self, advice: str = "a parquet table takes a fifth less") -> None:
        self._advice = advice
        self._what, self._start, self._said = "", 0.0, False
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far something is.

        Args:
            what: Such as ``reading expression.csv``.
            done: How much is done.
            total: How much there is.
        """
        if what != self._what:
            self.close()
            self._what, self._start, self._said = what, monotonic(), False
        seconds = monotonic() - self._start
        if done >= total:
            self.close()
            if seconds > SLOW and self._advice:
                print_note(f"{what} took {seconds:.0f} s; {self._advice}")
        elif seconds > QUIET:
            self._show(what, done, total)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._what = None, ""

    def _show(self, what: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            if not self._said:
                seconds = monotonic() - self._start
                print_note(f"{what}: {done / total:.0%} after {seconds:.0f} s")
            self._said = True
            return
        if self._bar is None:
            from rich.progress import Progress

            self._bar = Progress(console=console(stderr=True), transient=True)
            self._task = self._bar.add_task(what, total=total)
            self._bar.start()
        assert self._task is not None
        self._bar.update(self._task, completed=done)
