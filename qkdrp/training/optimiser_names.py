"""The optimisers of a training, by name; imports nothing that takes time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

ADAM = "adam"
"""The optimiser of both papers."""


@dataclass(frozen=True)
class Optimiser:
    """An optimiser of torch that learns from one gradient a step.

    Args:
        torch_name: Its class in :mod:`torch.optim`.
        arguments: What it takes beside parameters and learning rate; torch's defaults otherwise.
    """

    torch_name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


FUSED = MappingProxyType({"fused": True})
"""One pass over the weights for each step, where torch has that."""

OPTIMISERS: Mapping[str, Optimiser] = MappingProxyType(
    {
        ADAM: Optimiser("Adam", FUSED),
        "adamw": Optimiser("AdamW", FUSED),
        "amsgrad": Optimiser("Adam", {**FUSED, "amsgrad": True}),
        "nadam": Optimiser("NAdam"),
        "radam": Optimiser("RAdam"),
        "adamax": Optimiser("Adamax"),
        "adagrad": Optimiser("Adagrad", FUSED),
        "rmsprop": Optimiser("RMSprop"),
        "sgd": Optimiser("SGD", FUSED),
        "momentum": Optimiser("SGD", {**FUSED, "momentum": 0.9, "nesterov": True}),
    }
)
"""Optimisers by command line name: ``amsgrad`` is Adam whose steps never grow when gradients fade,
``momentum`` is SGD with Nesterov's momentum of 0.9."""
