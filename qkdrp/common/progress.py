"""How far a long operation is: told by whatever does it, heard by whoever shows it.

Reading a table is several layers below the command that the user typed. What listens is kept in a
context variable, so that no function between them has to pass it on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Listener: TypeAlias = Callable[[str, int, int], None]
"""Takes what is done, how much of it is done, and how much there is."""

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let a listener hear of progress within the context.

    Args:
        listener: Called by :func:`tell_progress`.
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def tell_progress(what: str, done: int, total: int) -> None:
    """Tell the listener, if there is one, how far something is.

    Args:
        what: Such as ``reading expression.csv``.
        done: How much is done.
        total: How much there is, in the same unit; ``done`` reaches it at the end.
    """
    listener = _LISTENER.get()
    if listener is not None:
        listener(what, done, total)
