"""Where compiled kernels are kept: where Numba would, else in a temporary folder, else nowhere."""

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numba
from numba import njit

VARIABLE = "NUMBA_CACHE_DIR"
"""Environment variable of the folder; worker processes inherit it."""

_log = logging.getLogger(__name__)


def cached_njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:  # noqa: ANN401  # Numba's
    """Return ``numba.njit(cache=True, **options)`` that needs no folder to cache in.

    Numba raises where neither the package's folder nor the user's own can be written to. A
    temporary folder serves then, for this process and those that it starts. A disk that is full by
    the time that a kernel is compiled does not end the computation.
    """

    def decorate(function: Callable[..., Any]) -> Any:  # noqa: ANN401  # Numba's dispatcher
        for attempt in (1, 2):
            try:
                return _forgiving(njit(cache=True, **options)(function))
            except RuntimeError:  # "cannot cache function"
                if attempt == 1:
                    _use_temporary_folder()
        return njit(**options)(function)

    return decorate


def _forgiving(dispatcher: Any) -> Any:  # noqa: ANN401
    save = dispatcher._cache.save_overload

    def save_if_possible(*arguments: Any) -> None:  # noqa: ANN401
        with suppress(OSError):
            save(*arguments)

    dispatcher._cache.save_overload = save_if_possible
    return dispatcher


@cache
def _use_temporary_folder() -> None:
    """Have Numba cache in a new folder that is deleted at the end of this process; once."""
    try:
        folder = tempfile.mkdtemp(prefix="qkdrp-kernels-")
    except OSError:
        return
    _log.warning(
        "note: compiled kernels cannot be kept, which costs some ten seconds each time: set %s to "
        "a folder that can be written to",
        VARIABLE,
    )
    numba.config.CACHE_DIR = os.environ[VARIABLE] = folder
    owner = os.getpid()

    def delete() -> None:
        if os.getpid() == owner:  # not in a forked child
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(delete)
