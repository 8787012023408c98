"""With what a result was made."""

import platform
from collections.abc import Iterable
from importlib.metadata import version

PACKAGES = (
    "qkdrp",
    "numpy",
    "qiskit",
    "qiskit-aer",
    "qiskit-ibm-runtime",
    "qiskit-machine-learning",
    "scikit-learn",
    "torch",
)
"""Packages whose versions can change a number of any system."""


def versions(more: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of Python, of :data:`PACKAGES` and of more packages."""
    names = dict.fromkeys((*PACKAGES, *more))
    return {"python": platform.python_version()} | {name: version(name) for name in names}
