"""With what a result was made."""

import platform
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
"""Packages whose versions can change a number."""


def versions() -> dict[str, str]:
    """Return the versions of Python and of :data:`PACKAGES`."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
