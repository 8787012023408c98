"""Parts of the study: which networks each of them trains."""

from collections.abc import Mapping
from types import MappingProxyType

from qkdrp.experiments.pkpd.cv.networks import NETWORKS
from qkdrp.systems.pkpd import network_choices

GRIDS: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = MappingProxyType(
    {"resqnn_moe": ((2, 4, 8), (1, 2, 3, 4)), "qnn": ((2, 4, 8), (1, 2, 3))}
)
"""Qubits and layers of each network with circuits. The published 12 qubits would take longer than
all the others together, and its single qubit has no circuit in this family."""

ENCODERS = ("mlp", "moe", "resmlp", "resmlp_moe")
"""Encoders of the published comparison of modes."""

MODES = tuple(network_choices.MODES)
"""Modes of the published comparison."""

STRATEGISTS = ("mlp", "resmlp_moe", "qnn", "resqnn_moe")
"""Encoders of the published comparison of strategies."""

STRATEGIES: Mapping[str, str] = MappingProxyType(
    {"baseline": "basic", "feature_engineering": "", "mc_dropout": "mc"}
)
"""Word of each published strategy; contrastive pretraining is left out."""

CLAIMED = ("resqnn_moe", "resqnn_moe-dense", "resqnn_moe-lowrank", "resmlp_moe")
"""Networks that the claims of quantum advantage are measured on."""

FEWER = (2, 5)
"""Training subjects of each dose level in the claim about numbers of subjects, beside all ten."""


def named(model: str, *words: str) -> str:
    """Return the name of a network in the study; dense layers say that they are a cascade.

    Args:
        model: A key of :data:`~qkdrp.experiments.pkpd.cv.networks.NETWORKS`.
        *words: Words after it; empty ones are left out.
    """
    found = "-".join((model, *filter(None, words)))
    return "mlp-cascade" if found == "mlp" else found


CLASSICAL_OF: Mapping[str, str] = MappingProxyType(
    {model: named(NETWORKS[model].family) for model in GRIDS}
)
"""The network without circuits that each is compared with."""


def sized(model: str, n_qubits: int, n_layers: int) -> str:
    """Return the name of a network of a size; 4 qubits and 2 layers need no word."""
    return named(model, "" if (n_qubits, n_layers) == (4, 2) else f"{n_qubits}q{n_layers}l")


def in_mode(encoder: str, mode: str) -> str:
    """Return the name of an encoder in a mode."""
    return named(encoder, "" if mode == network_choices.CASCADE else mode)


def with_strategy(encoder: str, strategy: str) -> str:
    """Return the name of an encoder trained with a strategy."""
    return named(encoder, STRATEGIES[strategy])


def with_fewer(name: str, subjects: int) -> str:
    """Return the name of a network trained on fewer subjects."""
    return named(name, f"{subjects}s")


PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "grid": (
            *(CLASSICAL_OF[model] for model in GRIDS),
            *(
                sized(model, n_qubits, n_layers)
                for model, (qubits, layers) in GRIDS.items()
                for n_qubits in qubits
                for n_layers in layers
            ),
        ),
        "modes": tuple(in_mode(encoder, mode) for encoder in ENCODERS for mode in MODES),
        "strategies": tuple(
            with_strategy(encoder, strategy) for encoder in STRATEGISTS for strategy in STRATEGIES
        ),
        "claims": (
            *CLAIMED,
            *(with_fewer(name, subjects) for name in CLAIMED for subjects in FEWER),
        ),
    }
)
"""Names of the networks of each part."""
