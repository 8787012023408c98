"""Gradients of noisy values by name; a gradient is imported when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from qkdrp.common.errors import BackendError
from qkdrp.common.names import choose_one_of

if TYPE_CHECKING:
    import numpy as np
    from qiskit.primitives import BaseEstimatorV2

    from qkdrp.backends.qnn.parameter_shift import BroadcastGradient

GRADIENTS: Mapping[str, str] = MappingProxyType(
    {
        "shift": "qkdrp.backends.qnn.parameter_shift:ShiftGradient",
        "spsa": "qkdrp.backends.qnn.parameter_shift:SpsaGradient",
    }
)
"""Where each gradient lives: a subclass of ``BroadcastGradient``."""


def known_gradient(name: str) -> str:
    """Return the name of a gradient after checking it.

    Raises:
        BackendError: If there is none of that name; lists them.
    """
    if name not in GRADIENTS:
        raise BackendError(f"gradient = {name!r}: {choose_one_of(name, GRADIENTS)}")
    return name


def make_gradient(
    name: str, estimator: "BaseEstimatorV2", rng: "np.random.Generator", shots: int
) -> "BroadcastGradient":
    """Return a gradient of an estimator's values, with the step that fits its shots.

    Args:
        name: A key of :data:`GRADIENTS`.
        estimator: The estimator of the values.
        rng: Where random directions come from.
        shots: Shots of each value; 0 for infinitely many.
    """
    module, _, attribute = GRADIENTS[name].partition(":")
    kind: type[BroadcastGradient] = getattr(import_module(module), attribute)
    gradient = kind(estimator, rng)
    gradient.fit_to_shots(shots)
    return gradient
