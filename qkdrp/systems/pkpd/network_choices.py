"""What can be chosen of networks, by name; imports nothing that takes time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from qkdrp.common.errors import ConfigError

INDEPENDENT, CASCADE, MULTITASK = "independent", "cascade", "multitask"

MODES: Mapping[str, str] = MappingProxyType(
    {
        INDEPENDENT: "one network for each endpoint",
        CASCADE: "that of the biomarker reads predicted concentrations",
        MULTITASK: "one encoder, two heads",
    }
)
"""How the endpoints go together, by name."""

QUANTUM, FROZEN, DENSE, LOWRANK, NONE = "quantum", "frozen", "dense", "lowrank", "none"

CORES: Mapping[str, str] = MappingProxyType(
    {
        QUANTUM: "trained circuits",
        FROZEN: "circuits of random weights",
        DENSE: "a dense layer of as many weights",
        LOWRANK: "zeros, the rest as it is",
        NONE: "plain linear layers: the classical model",
    }
)
"""What stands in the place of a network's circuits, by name."""

WITH_CIRCUITS = (QUANTUM, FROZEN)
"""Those of them that are circuits."""

PREDICTED, ZEROS = "predicted", "zeros"

PK_COLUMNS: Mapping[str, str] = MappingProxyType(
    {PREDICTED: "predicted concentrations", ZEROS: "nothing, as in Team PNU's code"}
)
"""What the biomarker's network reads of concentrations in a cascade, by name."""


@dataclass(frozen=True)
class NetworkChoice:
    """A network and what it does unless something else is asked for.

    Args:
        title: What it is, for help and messages.
        mode: A key of :data:`MODES`.
        circuits: Whether it has circuits.
        experts: Whether it has mixtures of experts.
        own: Settings of model and training whose defaults differ from those of other models.
    """

    title: str
    mode: str = CASCADE
    circuits: bool = False
    experts: bool = False
    own: Mapping[str, Any] = field(default_factory=dict)


DROPOUT = 0.3
"""Probability of dropout, as on Team PNU's command line."""

OF_BLOCKS: Mapping[str, Any] = MappingProxyType(
    {
        "log_target": True,
        "dropout": 0.1,
        "lr": 1e-3,
        "epochs": 300,
        "patience": 0,
        "restore": "last",
    }
)
"""How networks of blocks are trained: all epochs, and the last one counts. The validation loss of
three subjects rises early with the logarithms of small concentrations, while errors still fall.
Dropout of 0.3 leaves them far from their training values after 300 epochs."""

NETWORKS: Mapping[str, NetworkChoice] = MappingProxyType(
    {
        "mlp": NetworkChoice("dense layers on features of dose and time", INDEPENDENT),
        "resmlp": NetworkChoice("residual dense layers", own=OF_BLOCKS),
        "moe": NetworkChoice("mixtures of experts", experts=True, own=OF_BLOCKS),
        "resmlp_moe": NetworkChoice(
            "residual dense layers and mixtures of experts", experts=True, own=OF_BLOCKS
        ),
        "qnn": NetworkChoice(
            "mlp with circuits in its layers", circuits=True, own={"log_target": True}
        ),
        "resqnn_moe": NetworkChoice(
            "resmlp_moe with circuits in its residual layers",
            circuits=True,
            experts=True,
            own=OF_BLOCKS,
        ),
    }
)
"""Networks of Team PNU 2025 and parts of them, by name. The mode of ``mlp`` is that of its earlier
runs, which had no other."""

PNU_COMPAT: Mapping[str, Any] = MappingProxyType(
    {
        "split": "seed42",
        "pkpd_mode": CASCADE,
        "pk_column": ZEROS,
        "restore": "last",
        "balance": 0.0,
        "dropout": DROPOUT,
    }
)
"""Settings that bring back what Team PNU's code does."""

PNU_COMPAT_QUANTUM: Mapping[str, Any] = MappingProxyType({"dropout_quantum": 0.1})
"""More of them, of ``resqnn_moe``, whose dropout their code leaves at its default."""


def pnu_compat(model: str, mode: str) -> dict[str, Any]:
    """Return the settings that bring back what Team PNU's code does with a network.

    Args:
        model: A key of :data:`NETWORKS`.
        mode: A key of :data:`MODES`; in others than a cascade nothing reads concentrations.

    Raises:
        ConfigError: If the model is no network of theirs.
    """
    if model not in NETWORKS:
        raise ConfigError(
            f"--pnu-compat with --model {model}: choose one of {', '.join(NETWORKS)}; the flag "
            "brings back what Team PNU's code does with its networks."
        )
    found = {**PNU_COMPAT, **(PNU_COMPAT_QUANTUM if model == "resqnn_moe" else {})}
    return found if mode == CASCADE else {k: v for k, v in found.items() if k != "pk_column"}
