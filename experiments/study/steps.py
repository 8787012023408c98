"""Progress of what a study does before its tasks run: reading data, looking up results, trials."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Timer
from typing import Self, TypeAlias

from rich.console import Console

OnTrial: TypeAlias = Callable[[str, int, int], None]
"""Called before each trial with what is tried, how many trials are done and how many there are."""

FIRST_SECONDS = 1.0
"""Time after which the first line is printed where the output is not a terminal."""

LINE_SECONDS = 10.0
"""Time between later lines."""


class StepProgress(AbstractContextManager["StepProgress"]):
    """Shows which step runs: in place on a terminal, as lines elsewhere.

    A step that is told ends the one before. Off a terminal, a line is printed once a step is under
    way for a second, then every ten seconds; work of less than a second prints nothing.

    Args:
        screen: Where to; standard error, as a rule.
    """

    def __init__(self, screen: Console) -> None:
        self.screen, self.line, self.said = screen, "", 0.0
        self.status = screen.status("")
        self.timer: Timer | None = None

    def __enter__(self) -> Self:
        """Begin."""
        if self.screen.is_terminal:
            self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take away what is shown in place."""
        if self.timer is not None:
            self.timer.cancel()
        self.status.stop()

    def tell(self, line: str) -> None:
        """Tell which step begins."""
        self.line = line
        if self.screen.is_terminal:
            self.status.update(line)
        elif self.timer is None:
            self.timer = Timer(FIRST_SECONDS, self._print)
            self.timer.daemon = True
            self.timer.start()
        elif self.said and time.monotonic() - self.said > LINE_SECONDS:
            self._print()

    def trial_of(self, work: str) -> OnTrial:
        """Return what tells which trial of some work begins."""

        def tell(what: str, done: int, total: int) -> None:
            self.tell(f"{work}, {min(done + 1, total)} of {total}: {what}")

        return tell

    def _print(self) -> None:
        self.said = time.monotonic()
        self.screen.print(self.line, soft_wrap=True)
