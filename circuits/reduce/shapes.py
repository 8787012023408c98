"""Shapes of coupled qubits on devices, for which circuits are reduced."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from qkdrp.circuits.entanglers import QubitPairs


def line(n_qubits: int) -> QubitPairs:
    """Return the couplings of a chain; every device has one."""
    return [(q, q + 1) for q in range(n_qubits - 1)]


def tee(n_qubits: int) -> QubitPairs:
    """Return three legs of equal length, or nearly, that meet in qubit 0; on heavy-hex devices."""
    return [(max(0, q - 3), q) for q in range(1, n_qubits)]


def ladder(n_qubits: int) -> QubitPairs:
    """Return two chains side by side with their rungs; on square lattices."""
    half = (n_qubits + 1) // 2
    chains = [(q, q + 1) for q in range(n_qubits - 1) if q != half - 1]
    return chains + [(q, q + half) for q in range(n_qubits - half)]


SHAPES: Mapping[str, Callable[[int], QubitPairs]] = MappingProxyType(
    {"line": line, "tee": tee, "ladder": ladder}
)
"""Couplings of ``n_qubits`` qubits by the name of their shape."""
