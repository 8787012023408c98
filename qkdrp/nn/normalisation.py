"""Normalisation layers by name: from the embedding phi to rotation angles phi'.

The names are read by the command line, so torch is imported inside the functions that make layers.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from qkdrp.common.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class NormalisationSettings:
    """What a normalisation layer is made from.

    Args:
        n_features: Size of the embedding.
        a: Input scale of the moderated tanh.
        r: Output range of the moderated tanh, radians.
        learnable: Whether a and r are trained.
    """

    n_features: int
    a: float
    r: float
    learnable: bool = False


def identity(_: NormalisationSettings) -> "nn.Module":
    """Return a layer whose angles are the embedding itself (equation 4)."""
    from torch import nn

    return nn.Identity()


def layernorm(settings: NormalisationSettings) -> "nn.Module":
    """Return layer normalisation: mean 0 and variance 1 over the features (equation 5)."""
    from torch import nn

    return nn.LayerNorm(settings.n_features)


def fixed_tanh(_: NormalisationSettings) -> "nn.Module":
    """Return the fixed squashing: angles are ``pi/2 * tanh`` of the embedding (equation 1)."""
    from qkdrp.nn.moderated_tanh import ModeratedTanh

    return ModeratedTanh(a=1.0, r=math.pi / 2)


def moderated(settings: NormalisationSettings) -> "nn.Module":
    """Return the moderated squashing: angles are ``r * tanh(phi / a)`` (equation 2)."""
    from qkdrp.nn.moderated_tanh import ModeratedTanh

    return ModeratedTanh(settings.a, settings.r, settings.learnable)


@dataclass(frozen=True)
class Normalisation:
    """A way from the embedding to angles.

    Args:
        make: Makes the layer; it maps (batch, n_features) to the same shape.
        scaled: Whether it reads a and r, and can learn them.
    """

    make: Callable[[NormalisationSettings], "nn.Module"]
    scaled: bool = False


IDENTITY = "identity"
"""The one that changes nothing."""

NORMALISATIONS: Mapping[str, Normalisation] = MappingProxyType(
    {
        IDENTITY: Normalisation(identity),
        "layernorm": Normalisation(layernorm),
        "tanh": Normalisation(fixed_tanh),
        "moderated": Normalisation(moderated, scaled=True),
    }
)
"""Normalisations by name. Equations are those of Ito et al. 2025."""


def find_normalisation(name: str) -> Normalisation:
    """Return the normalisation of a name.

    Raises:
        ConfigError: If there is none; lists those that there are.
    """
    if name not in NORMALISATIONS:
        raise ConfigError(f"normalisation = {name!r}: choose one of {', '.join(NORMALISATIONS)}.")
    return NORMALISATIONS[name]
