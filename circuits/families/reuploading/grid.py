"""Circuits that Ito et al. 2025 compare."""

from collections.abc import Sequence
from itertools import product

from qkdrp.circuits.families.reuploading.spec import PQCSpec

SIZES = {"n_qubits": (4, 8), "n_encoding": (2, 4), "n_variational": (1, 2, 4)}
"""Sizes of table A1."""

BOTH = ("multi", "single")
"""Measurements of the paper."""


def paper_grid(measurements: Sequence[str] = BOTH) -> list[PQCSpec]:
    """Return the twelve sizes of table A1 with each measurement."""
    sizes = list(product(*SIZES.values()))
    return [PQCSpec(n1, n2, n3, how) for how in measurements for n1, n2, n3 in sizes]
