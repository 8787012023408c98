"""Contenders: the networks that studies of pairs compare, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of

HYBRID, MODERATED, CLASSICAL = "hybrid", "moderated", "classical"
"""The paper's network, the same with bounded angles, and the paper's classical analogue."""

MODERATED_FROZEN = "moderated-frozen"
"""The network with bounded angles whose circuit is not trained."""


@dataclass(frozen=True)
class Contender:
    """A network of a comparison.

    Args:
        label: For tables and figures.
        settings: Settings of the model that are no defaults.
        meaning: What it is, or what it controls for.
    """

    label: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    meaning: str = ""


CONTENDERS: Mapping[str, Contender] = MappingProxyType(
    {
        HYBRID: Contender("Hybrid", {}, "the paper's: embeddings are angles as they are"),
        "tanh": Contender(
            "Hybrid, tanh", {"normalisation": "tanh"}, "angles are pi/2 tanh of embeddings"
        ),
        "layernorm": Contender(
            "Hybrid, LayerNorm",
            {"normalisation": "layernorm"},
            "angles have mean 0 and variance 1 in each pair, with a trained scale",
        ),
        MODERATED: Contender(
            "Hybrid, moderated", {"normalisation": "moderated"}, "angles are r tanh(phi / a)"
        ),
        CLASSICAL: Contender(
            "Classical", {"model": "classical"}, "the paper's analogue: 2056 dense weights"
        ),
        "classical-affine": Contender(
            "Classical, scale and offset",
            {"model": "classical", "classical_affine": True},
            "the same with the scale and offset that the hybrid ends with",
        ),
        "linear": Contender("Linear", {"model": "linear"}, "one linear layer on the embeddings"),
        "frozen": Contender(
            "Frozen circuit", {"core": "frozen"}, "random circuit weights that are not trained"
        ),
        "dense": Contender(
            "Dense layer",
            {"core": "dense"},
            "a classical layer with as many weights in the circuit's place",
        ),
        "product": Contender(
            "No entanglement", {"entangler": "none"}, "the circuit without its CNOTs"
        ),
        MODERATED_FROZEN: Contender(
            "Moderated, frozen circuit",
            {"core": "frozen", "normalisation": "moderated"},
            "bounded angles, random circuit weights that are not trained",
        ),
        "moderated-dense": Contender(
            "Moderated, dense layer",
            {"core": "dense", "normalisation": "moderated"},
            "bounded angles, a classical layer with as many weights",
        ),
        "moderated-product": Contender(
            "Moderated, no entanglement",
            {"entangler": "none", "normalisation": "moderated"},
            "bounded angles, the circuit without its CNOTs",
        ),
        "squashed": Contender(
            "Moderated, no circuit",
            {"core": "none", "normalisation": "moderated"},
            "bounded angles and a linear layer",
        ),
    }
)
"""Networks by command line name."""

GROUPED = (HYBRID, MODERATED, CLASSICAL, MODERATED_FROZEN)
"""Networks that are compared where whole lines or drugs are left out."""


def contender(name: str) -> Contender:
    """Return a contender.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in CONTENDERS:
        raise ConfigError(f"found {name!r}: {choose_one_of(name, CONTENDERS)}")
    return CONTENDERS[name]
