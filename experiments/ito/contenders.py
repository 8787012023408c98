"""Contenders: the models that a study compares, by name."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of

WIDTH = ("n_qubits", "n_encoding")
"""Settings that make the number of features, n1 n2."""

CIRCUIT = (*WIDTH, "n_variational")
"""Settings that make a circuit."""

MODERATION = ("a", "r")
"""Settings of the moderated tanh."""


@dataclass(frozen=True)
class Contender:
    """A model of a comparison.

    Args:
        label: For tables and figures.
        model: A key of ``MODELS`` or ``BASELINES``.
        axes: Settings of a study that change it.
        settings: Settings of its own.
        control: What it controls for, in words; empty for the models of the paper.
    """

    label: str
    model: str
    axes: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    control: str = ""

    def identity(self, settings: Mapping[str, Any]) -> Hashable:
        """Return what tells two configurations apart: without a circuit only the width counts."""
        values = {name: settings[name] for name in self.axes}
        if "n_qubits" in values and "n_variational" not in values:
            values["n_qubits"] *= values.pop("n_encoding")
        return tuple(values.items())


_HYBRID = (*CIRCUIT, "lr")
_MODERATED = (*CIRCUIT, "lr", *MODERATION)

CONTENDERS: Mapping[str, Contender] = MappingProxyType(
    {
        "classic": Contender("Classic", "classic", (*WIDTH, "lr")),
        "identity": Contender("Identity", "identity", _HYBRID),
        "layernorm": Contender("LayerNorm", "layernorm", _HYBRID),
        "tanh": Contender("Tanh", "tanh", _HYBRID),
        "moderated": Contender("Moderated", "moderated", _MODERATED),
        "moderated-single": Contender(
            "Moderated, single", "moderated", _MODERATED, {"measurement": "single"}
        ),
        "moderated-learned": Contender(
            "Moderated, learned a, r", "moderated", _MODERATED, {"learn_a_r": True}
        ),
        "frozen": Contender(
            "Frozen circuit",
            "frozen",
            _MODERATED,
            control="the circuit with random weights that are not trained",
        ),
        "dense": Contender(
            "Dense layer",
            "dense",
            _MODERATED,
            control="a classical layer with as many parameters in place of the circuit",
        ),
        "squashed": Contender(
            "No circuit",
            "squashed",
            (*WIDTH, "lr", *MODERATION),
            control="the moderated tanh with a linear head and no circuit at all",
        ),
        "ridge": Contender("Ridge", "ridge", ()),
    }
)
"""Contenders by command line name; the first six are the paper's."""

PAPER = tuple(CONTENDERS)[:6]
CONTROLS = tuple(name for name, contender in CONTENDERS.items() if contender.control)


def contender(name: str) -> Contender:
    """Return a contender.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in CONTENDERS:
        raise ConfigError(f"models: found {name!r}: {choose_one_of(name, CONTENDERS)}")
    return CONTENDERS[name]
