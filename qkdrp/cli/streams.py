"""Standard output and standard error that end no command: closed, full, or of few characters."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class LastingStream:
    """A text stream that goes on, into nothing, when what is behind it fails.

    Args:
        stream: The stream.
        on_lost: Called once with the reason.

    Attributes:
        made_up: Whether what matters was told elsewhere.
    """

    def __init__(self, stream: TextIO, on_lost: Callable[[str], None]) -> None:
        self._stream, self._on_lost = stream, on_lost
        self._error: OSError | None = None
        self.made_up = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever streams have
        """Return what the stream itself has."""
        return getattr(self._stream, name)

    @property
    def lost(self) -> bool:
        """Whether anything could not be written."""
        return self._error is not None

    @property
    def missed(self) -> bool:
        """Whether what was lost is missed: not by a reader who stopped reading."""
        return self._error is not None and self._error.errno != errno.EPIPE and not self.made_up

    def write(self, text: str) -> int:
        """Write text, or nothing where the stream is lost."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self.lose(error)
            return len(text)

    def flush(self) -> None:
        """Write what is kept back, or forget it where the stream is lost."""
        try:
            self._stream.flush()
        except OSError as error:
            self.lose(error)

    def lose(self, error: OSError) -> None:
        """Send the rest into nothing, in this process and in those that it starts."""
        first, self._error = self._error is None, error
        with suppress(OSError, ValueError):  # some streams have no file
            descriptor = self._stream.fileno()
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, descriptor)
            os.close(nothing)
            self._stream.flush()
        if first:
            self._on_lost(error.strerror or str(error))


@contextmanager
def lasting_streams() -> Iterator[LastingStream]:
    """Give ``sys.stdout`` and ``sys.stderr`` that do not fail while the block runs.

    What the encoding lacks becomes a question mark. A lost standard output is told on standard
    error; a lost standard error to nobody.
    """
    before = sys.stdout, sys.stderr
    err = LastingStream(_opened("stderr", 2), lambda _: None)
    out = LastingStream(_opened("stdout", 1), _tell)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        for stream, closed in ((err, before[1]), (out, before[0])):
            if closed is None:
                stream.lose(OSError(errno.EBADF, "closed"))
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _tell(reason: str) -> None:
    print(  # noqa: T201
        f"note: standard output: {reason}; the command goes on without it", file=sys.stderr
    )


def _opened(name: str, descriptor: int) -> TextIO:
    """Return a standard stream; where it is closed, one into nothing.

    Else the next file that is opened would become standard output.
    """
    stream: TextIO | None = getattr(sys, name)
    if stream is None:
        nothing = os.open(os.devnull, os.O_WRONLY)
        if nothing != descriptor:
            os.dup2(nothing, descriptor)
            os.close(nothing)
        return open(descriptor, "w", encoding="utf-8", closefd=False)  # as Python's
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
    return stream
