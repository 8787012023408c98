"""The models that are compared, by name; imports nothing that takes time."""

from collections.abc import Mapping
from types import MappingProxyType

HYBRID, CLASSICAL, LINEAR = "hybrid", "classical", "linear"
"""Models of the paper, and the simplest one."""

MODELS: Mapping[str, str] = MappingProxyType(
    {
        HYBRID: "the circuit, with a trained scale and offset",
        CLASSICAL: "two dense layers without bias, 2056 weights",
        LINEAR: "one linear layer",
    }
)
"""What stands after the two branches, by the model's name."""

SPLITS: Mapping[str, str] = MappingProxyType(
    {
        "lpo": "pairs",
        "lco": "cell lines",
        "ldo": "drugs",
        "lcdo": "cell lines and drugs",
        "lto": "tissues",
    }
)
"""What is left out of training for the test, by the name of the split."""

BRANCH_SIZE = 128
"""Outputs of each branch."""

EMBEDDING_SIZE = 2 * BRANCH_SIZE
"""Numbers that the two branches give for a pair; phi."""
