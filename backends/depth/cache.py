"""Cache of transpilations on disk: no circuit is transpiled twice for one calibration."""

import json
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from qkdrp.common.digests import digest_of
from qkdrp.common.files import write_json

CODE = ("qkdrp.circuits", "qkdrp.backends.isa", "qkdrp.backends.depth")
"""Packages whose code decides what is kept: circuits, placements, transpilations."""

LIBRARIES = ("qiskit", "qiskit-ibm-runtime", "rustworkx", "numpy")
"""Libraries that do, too."""


@cache
def code_version() -> str:
    """Return the digest of all code that what is kept depends on; part of every key."""
    sources = {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8")
        for folder in (Path(str(files(package))) for package in CODE)
        for file in sorted(folder.rglob("*.py"))
    }
    return digest_of([sources, [version(name) for name in LIBRARIES]])


class Cache:
    """Small JSON files by key, in the user's cache folder; files that cannot be read are made anew.

    Args:
        folder: Where; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @classmethod
    def standard(cls) -> "Cache":
        """Return the cache in the user's cache folder."""
        return cls(user_cache_path("qkdrp") / "depth")

    def get(self, key: str) -> Any | None:  # noqa: ANN401  # whatever was put
        """Return what is kept under a key, or None."""
        if self.folder is None:
            return None
        with suppress(OSError, ValueError):
            return json.loads(self._path(key).read_text(encoding="utf-8"))
        return None

    def put(self, key: str, content: Any) -> None:  # noqa: ANN401  # whatever json accepts
        """Keep something under a key; a full or read-only disk is no error."""
        if self.folder is None:
            return
        path = self._path(key)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, content)

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / key[:2] / f"{key}.json"
