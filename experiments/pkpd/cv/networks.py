"""Networks as contenders: a model and words after it, such as ``resqnn_moe-frozen-8q3l``."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.experiments.pkpd.cv.contender import Contender
from qkdrp.systems.pkpd.model_settings import ModelConfig
from qkdrp.systems.pkpd.network_choices import (
    CASCADE,
    CORES,
    DENSE,
    FROZEN,
    INDEPENDENT,
    LOWRANK,
    MULTITASK,
    NONE,
    QUANTUM,
    ZEROS,
)
from qkdrp.systems.pkpd.network_choices import NETWORKS as CHOICES

CLASSICAL = "classical"
"""In the place of a core, for networks without circuits."""

PASSES = 30
"""Predictions with dropout of Team PNU."""


@dataclass(frozen=True)
class Network:
    """A model of the system that is made of layers.

    Args:
        label: For tables and figures.
        meaning: What it is.
        family: Of its classical counterpart.
    """

    label: str
    meaning: str
    family: str


NETWORKS: Mapping[str, Network] = MappingProxyType(
    {
        "mlp": Network("MLP", "two dense layers of 64", "mlp"),
        "resmlp": Network("ResMLP", "two residual blocks of 64", "resmlp"),
        "moe": Network("MoE", "four experts, of which two count", "moe"),
        "resmlp_moe": Network(
            "ResMLP-MoE", "residual blocks, each with four experts", "resmlp_moe",
        ),
        "qnn": Network("QNN", "MLP with a circuit in each layer", "mlp"),
        "resqnn_moe": Network(
            "ResQNN-MoE", "ResMLP-MoE with two circuits in each block", "resmlp_moe",
        ),
    }
)  # fmt: skip
"""Networks by the name of their model."""

MODERATED_A = 1.0
"""Input scale of the moderated tanh before circuits, whose inputs are about that large; its output
range is pi/2, the default."""

Change = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""What a word adds to the label, to the settings of the model, and to the contender."""

WORDS: Mapping[str, Change] = MappingProxyType(
    {
        FROZEN: ("random circuits", {"core": FROZEN}, {"core": FROZEN}),
        DENSE: ("dense twin", {"core": DENSE}, {"core": DENSE}),
        LOWRANK: ("no circuits (low rank)", {"core": LOWRANK}, {"core": LOWRANK}),
        NONE: ("plain layers", {"core": NONE}, {"core": NONE}),
        "qexperts": ("circuits in experts", {"qexperts": True}, {}),
        "moderated": (
            "moderated tanh",
            {"normalisation": "moderated", "a": MODERATED_A},
            {},
        ),
        CASCADE: ("", {"pkpd_mode": CASCADE}, {}),
        INDEPENDENT: ("independent", {"pkpd_mode": INDEPENDENT}, {}),
        MULTITASK: ("multi-task", {"pkpd_mode": MULTITASK}, {}),
        ZEROS: ("PK column of zeros", {"pk_column": ZEROS}, {}),
        "basic": ("base features", {"base_features": True}, {}),
        "mc": ("MC dropout", {}, {"passes": PASSES}),
    }
)
"""Words after the name of a model."""

OF_CIRCUITS = {"core", "n_qubits", "qexperts", "normalisation"}
"""Settings that networks with circuits have."""

SIZES = re.compile(r"(\d+)q(\d+)l")
"""Qubits and layers of the circuits, such as ``8q3l``."""

SUBJECTS = re.compile(r"(\d+)s")
"""Training subjects of each dose level, such as ``4s``."""

USAGE = (
    f"a network ({', '.join(NETWORKS)}) with words after it ({', '.join(WORDS)}, 8q3l for qubits "
    "and layers, 4s for training subjects of each dose), such as resqnn_moe-frozen-8q3l"
)
"""How networks are named."""


def network(name: str) -> Contender | None:
    """Return the contender of a name; None where it does not begin with a network.

    All see predicted concentrations (cascade) and learn logarithms unless a word says otherwise.

    Args:
        name: A key of :data:`NETWORKS`, and words with dashes before them.

    Raises:
        ConfigError: If a word is unknown, comes twice, or needs circuits that are not there.
    """
    model, *words = name.split("-")
    if model not in NETWORKS:
        return None
    kind, own = NETWORKS[model], CHOICES[model]
    of_model = {key: each for key, each in own.own.items() if key in ModelConfig.model_fields}
    settings: dict[str, Any] = {"model": model, "pkpd_mode": CASCADE, "log_target": True}
    settings |= of_model
    found = Contender(
        kind.label,
        kind.meaning,
        settings,
        seeded=True,
        core=QUANTUM if own.circuits else CLASSICAL,
        fit={key: each for key, each in own.own.items() if key not in of_model},
    )
    if own.circuits:
        settings |= {"core": QUANTUM, "n_qubits": 4, "n_layers": 2}
    for word in words:
        label, more, change = _change(name, word)
        if more.keys() & OF_CIRCUITS and not own.circuits:
            raise ConfigError(f"found {name!r}: {model} has no circuits for {word!r}.")
        settings |= more
        found = replace(found, label=", ".join(filter(None, (found.label, label))), **change)
    if len(set(words)) < len(words):
        raise ConfigError(f"found {name!r}, expected each word once.")
    others = sorted(word for word in words if not _is_core(word))
    return replace(found, family="-".join((kind.family, *others)))


def _is_core(word: str) -> bool:
    """Tell whether networks with and without a word are twins: cores, and the default mode."""
    return word in (*CORES, "qexperts", "moderated", CASCADE)


def _change(name: str, word: str) -> Change:
    """Return what a word changes."""
    if word in WORDS:
        return WORDS[word]
    for pattern, of in _NUMBERS.items():
        if match := pattern.fullmatch(word):
            return of(*map(int, match.groups()))
    raise ConfigError(f"found {name!r}: {choose_one_of(word, WORDS)} Name {USAGE}.")


def _sized(n_qubits: int, n_layers: int) -> Change:
    return f"({n_qubits},{n_layers})", {"n_qubits": n_qubits, "n_layers": n_layers}, {}


def _fewer(subjects: int) -> Change:
    if not subjects:
        raise ConfigError("found 0s, expected at least one training subject of each dose.")
    return f"{subjects} subjects a dose", {}, {"subjects": subjects}


_NUMBERS: Mapping[re.Pattern[str], Callable[..., Change]] = MappingProxyType(
    {SIZES: _sized, SUBJECTS: _fewer}
)
"""What words with numbers change."""
