"""Backends by name."""

from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from qkdrp.backends.option_check import check_options
from qkdrp.common.errors import BackendError
from qkdrp.common.names import choose_one_of

if TYPE_CHECKING:
    from qkdrp.backends.base import Backend

BACKENDS: Mapping[str, str] = MappingProxyType(
    {
        "aer_exact": "qkdrp.backends.aer_exact:AerExact",
        "statevector": "qkdrp.backends.statevector:Statevector",
        "aer_noisy": "qkdrp.backends.aer_noisy:AerNoisy",
        "ibm_runtime": "qkdrp.backends.ibm_runtime:IbmRuntime",
    }
)
"""Where each backend lives; imported when asked for, so that an unused one costs nothing."""


def check_backend(name: str, options: Mapping[str, Any]) -> None:
    """Refuse an unknown backend, and options that cannot be right; imports no backend.

    Args:
        name: A key of :data:`BACKENDS`.
        options: The backend's own options.

    Raises:
        BackendError: If so; says what may be meant.
    """
    if name not in BACKENDS:
        raise BackendError(f"Unknown backend {name!r}: {choose_one_of(name, BACKENDS)}")
    check_options(name, options)


def find_backend(name: str, options: Mapping[str, Any]) -> "type[Backend]":
    """Return the class of a backend, and check that it has the options.

    Args:
        name: A key of :data:`BACKENDS`.
        options: The backend's own options.

    Raises:
        BackendError: If the name or an option is unknown; lists the choices.
    """
    check_backend(name, options)
    module, _, attribute = BACKENDS[name].partition(":")
    cls: type[Backend] = getattr(import_module(module), attribute)
    known = list(signature(cls).parameters)
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise BackendError(
            f"Backend {name!r} has no option {', '.join(unknown)}: "
            f"its options are {', '.join(known) or 'none'}."
        )
    return cls


def get_backend(name: str, **options: Any) -> "Backend":  # noqa: ANN401  # each backend has its own
    """Return a new backend; see :func:`find_backend`."""
    return find_backend(name, options)(**options)
