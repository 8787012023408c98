"""Opening a backend for a run, with a seed of its own."""

from collections.abc import Mapping
from inspect import signature
from typing import Any

from qkdrp.backends import Backend
from qkdrp.backends.registry import find_backend
from qkdrp.common.seeds import derive_seed


def open_backend(name: str, options: Mapping[str, Any], seed: int) -> Backend:
    """Return a new backend; one that draws random numbers gets a seed of its own.

    Args:
        name: Of the backend.
        options: The backend's own.
        seed: From which its seed is derived, unless its options have one.

    Raises:
        BackendError: If name or options are invalid.
    """
    cls = find_backend(name, options)
    if "seed" in signature(cls).parameters:
        options = {"seed": derive_seed(seed, "backend"), **options}
    return cls(**options)
