"""How long a training still takes, from its steps and epochs so far."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from qkdrp.common.remaining import LEAST_SECONDS

LONG_EPOCH = 10.0
"""Seconds after which an epoch that is not finished, or only one that is, is enough to tell."""

LONG_STEPS = 60.0
"""Seconds of all steps of an epoch from which on such an estimate is made: a validation may take
much longer than quick steps, as under noise, so the end of an epoch is waited for."""

LEAST_STEPS = 2
"""Steps after the first one that such an estimate needs."""


class TrainingClock:
    """Times steps and epochs; the first of each warms up and does not count, unless it is long.

    Args:
        epochs: The largest number of epochs.
        clock: Gives seconds.
    """

    def __init__(self, epochs: int, clock: Callable[[], float] = perf_counter) -> None:
        self.epochs, self._clock = epochs, clock
        self.begin()

    def begin(self) -> None:
        """Start to count from now."""
        self._start = self._epoch_start = self._step_start = self._clock()
        self._steps: list[float] = []
        self._durations: list[float] = []
        self._n_steps = self._n_epochs = 0
        self._stepped = False

    def step(self, total: int) -> None:
        """Note the end of a batch.

        Args:
            total: Batches of an epoch.
        """
        now = self._clock()
        self._steps.append(now - self._step_start)
        self._step_start, self._n_steps, self._stepped = now, total, True

    def epoch(self) -> None:
        """Note the end of an epoch; one without a step was read from a checkpoint."""
        now = self._clock()
        if self._stepped:
            self._durations.append(now - self._epoch_start)
        self._n_epochs += 1
        self._epoch_start = self._step_start = now
        self._stepped = False

    @property
    def each(self) -> float | None:
        """Seconds of an epoch; None while too little is known."""
        later, steps = self._durations[1:], self._steps[1:]
        if later and sum(later) >= LEAST_SECONDS:
            return sum(later) / len(later)
        if len(steps) < LEAST_STEPS or self._clock() - self._start < LONG_EPOCH:
            return None
        if not self._durations:
            each = self._n_steps * median(steps)
            return each if each >= LONG_STEPS else None
        return self._durations[0] - self._steps[0] + median(steps)

    def left(self) -> float | None:
        """Return the seconds that all epochs still take; None while too little is known."""
        each = self.each
        if each is None:
            return None
        present = min(each, self._clock() - self._epoch_start)
        return max(0.0, each * (self.epochs - self._n_epochs) - present)

    def whole(self) -> float | None:
        """Return the seconds of all epochs; None while too little is known."""
        left = self.left()
        return None if left is None else self._clock() - self._start + left
