"""Settings of a training written out, defaults included, so that a later default changes no result.

Keys of tasks hold these settings. A default that changes later gives other keys, and an option that
comes later is part of a key only where it is set.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from qkdrp.systems.pairs.config import PairsConfig

WRITTEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "data": (
            *("source", "measure", "exponent", "split", "train_size", "test_size"),
            *("atom_rows", "largest_fragment", "zscore", "replicates"),
        ),
        "model": (
            *("model", "core", "normalisation", "a", "r", "learn_a_r"),
            *("n_qubits", "n_encoding", "n_variational", "rotation", "entangler", "bridge"),
            *("order", "dropout", "dropout_place", "classical_affine"),
        ),
        "fit": ("epochs", "batch_size", "lr", "patience", "centre_head"),
    }
)
"""Settings that are always written out, by section."""


def written_out(config: PairsConfig) -> dict[str, Any]:
    """Return settings of a training with the defaults that decide its numbers."""
    whole = config.model_dump(mode="json")
    changed = config.model_dump(mode="json", exclude_defaults=True)
    found = changed | {"backend": whole["backend"], "seed": whole["seed"]}
    for section, names in WRITTEN.items():
        found[section] = {name: whole[section][name] for name in names} | changed.get(section, {})
    return found


def fitted_alone(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that decide the numbers of a baseline: data and seed."""
    return {name: settings[name] for name in ("data", "seed")}
