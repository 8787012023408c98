"""Cache of compiled kernels on disk, valid for the sources that they were compiled from.

It is kept where Numba would keep it, else in a temporary folder, else nowhere.
"""

import atexit
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import njit

VARIABLE = "NUMBA_CACHE_DIR"
"""Environment variable of the folder; worker processes inherit it."""

_log = logging.getLogger(__name__)


def cached_njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:  # noqa: ANN401  # Numba's
    """Return ``numba.njit(cache=True, **options)`` that needs no folder and uses no stale code.

    Numba raises where neither the package's folder nor the user's own can be written to. A
    temporary folder serves then, for this process and those that it starts. A disk that is full by
    the time that a kernel is compiled does not end the computation.

    Numba looks for changes in a kernel's own file only, although compiled code holds the kernels
    that it calls. Here a change in any file of this folder invalidates what was compiled before.
    """

    def decorate(function: Callable[..., Any]) -> Any:  # noqa: ANN401  # Numba's dispatcher
        for attempt in (1, 2):
            try:
                return _keyed_by_sources(_forgiving(njit(cache=True, **options)(function)))
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


def _keyed_by_sources(dispatcher: Any) -> Any:  # noqa: ANN401
    """Let a dispatcher load only what was compiled from the sources as they are."""
    file = dispatcher._cache._cache_file
    file._source_stamp = file._source_stamp, sources_digest()
    return dispatcher


@cache
def sources_digest() -> str:
    """Return a digest of all files of this folder, and so of all kernels."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


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
