"""Signals that ask a process to stop: Ctrl-C, SIGTERM (schedulers), SIGHUP (a closed terminal).

All three become ``KeyboardInterrupt`` in :func:`stop_signals`. Work that must not be torn apart
runs in :class:`held_back`, where they are only noted. Inside it, :class:`let_through` marks the
parts that may be interrupted: the first signal is raised there, later ones are held back again, so
that nobody who asks twice destroys what is being saved after the first time.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from enum import Enum, auto
from types import FrameType
from typing import Any, Self

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Signals that are answered alike; Windows has no SIGHUP."""


class _Mode(Enum):
    """What the next signal does."""

    RAISE = auto()
    RAISE_ONCE = auto()
    HOLD = auto()


class StopSignals:
    """The handlers of this process, and what has come.

    Attributes:
        received: Whether any signal has come.
        pending: One that has come and was not raised.
    """

    def __init__(self) -> None:
        self.received = False
        self.pending: int | None = None
        self.mode, self.message = _Mode.RAISE, ""
        self._before: dict[int, Any] = {}

    def install(self) -> None:
        """Answer the signals from now on; one that is ignored, as after ``nohup``, stays so."""
        for number in SIGNALS:
            if signal.getsignal(number) not in {signal.SIG_IGN, None}:
                self._before[number] = signal.signal(number, self._handle)

    def remove(self) -> None:
        """Restore the handlers that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def deliver(self) -> None:
        """Raise what was held back, unless signals still are."""
        if self.pending is not None and self.mode is not _Mode.HOLD:
            self._raise()

    def _raise(self) -> None:
        self.pending = None
        if self.mode is _Mode.RAISE_ONCE:
            self.mode = _Mode.HOLD
        raise KeyboardInterrupt

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.received = True
        if self.mode is not _Mode.HOLD:
            self._raise()
        self.pending = number
        if self.message:
            with suppress(OSError):  # not print(): it may be what the signal interrupted
                os.write(2, f"{self.message}\n".encode())


_active: StopSignals | None = None
"""Signal handlers belong to the process; so does this."""


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Raise ``KeyboardInterrupt`` for each of the signals while the block runs.

    Handlers belong to the main thread; in another thread, and inside another such block, nothing is
    changed.
    """
    global _active  # noqa: PLW0603  # as the handlers are
    if _active is not None or threading.current_thread() is not threading.main_thread():
        yield _active or StopSignals()
        return
    _active = signals = StopSignals()
    signals.install()
    try:
        yield signals
    finally:
        signals.mode = _Mode.HOLD  # until none of ours is left
        signals.remove()
        _active = None


class held_back(AbstractContextManager["held_back"]):  # noqa: N801  # reads as a statement
    """Hold signals back while the block runs; one that has come is raised after it.

    Not a generator: a signal may come while ``__exit__`` runs, and must leave nothing half done.

    Args:
        message: Told on standard error when a signal comes, so that it does not seem ignored.
    """

    def __init__(self, message: str = "") -> None:
        self._message = message
        self._own: AbstractContextManager[StopSignals] | None = None
        self._signals: StopSignals | None = None

    def __enter__(self) -> Self:
        """Begin to hold back; handlers are installed where none are."""
        if _active is None:
            self._own = stop_signals()
            self._own.__enter__()
        if (signals := _of_this_thread()) is not None:
            self._before = signals.mode, signals.message
            signals.mode, signals.message = _Mode.HOLD, self._message
            self._signals = signals
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Answer signals as before, and what has come, unless an error is on its way."""
        signals, self._signals = self._signals, None
        if self._own is not None:
            self._own.__exit__(None, None, None)
        if signals is None:
            return
        if self._own is None:
            signals.mode, signals.message = self._before
            if kind is None:
                signals.deliver()
        elif kind is None and signals.pending is not None:
            signal.raise_signal(signals.pending)  # to whoever answered it before

    def postpone(self) -> None:
        """Take what was raised and caught as held back, so that it is raised after the block."""
        if self._signals is not None:
            self._signals.pending = signal.SIGINT


class let_through(AbstractContextManager["let_through"]):  # noqa: N801
    """Raise the first signal while the block runs, inside :class:`held_back`.

    Elsewhere it changes nothing.
    """

    _signals: StopSignals | None = None

    def __enter__(self) -> Self:
        """Raise what was held back, or the next signal."""
        signals = _of_this_thread()
        if signals is not None and signals.mode is _Mode.HOLD:
            self._signals = signals
            signals.mode = _Mode.RAISE_ONCE
            signals.deliver()
        return self

    def __exit__(self, *_: object) -> None:
        """Hold back again."""
        if self._signals is not None:
            self._signals.mode = _Mode.HOLD


def _of_this_thread() -> StopSignals | None:
    """Return the handlers where signals are raised in this thread, which is the main one."""
    return _active if threading.current_thread() is threading.main_thread() else None
