"""Entanglers: the CNOT pattern of one variational layer."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

QubitPairs = list[tuple[int, int]]
"""(control, target) of each CNOT, in the order in which they are applied."""


def ring(n_qubits: int) -> QubitPairs:
    """Return CNOT(q, q+1 mod n) for q = 0..n-1, one after the other: depth n."""
    return [(q, (q + 1) % n_qubits) for q in range(n_qubits)]


def linear(n_qubits: int) -> QubitPairs:
    """Return the ring without its closing CNOT: it embeds in a chain of device qubits."""
    return [(q, q + 1) for q in range(n_qubits - 1)]


def brick(n_qubits: int) -> QubitPairs:
    """Return the ring's CNOTs, those with even control first: depth 2 for an even n."""
    pairs = ring(n_qubits)
    return pairs[0::2] + pairs[1::2]


NONE = "none"
"""Name of the entangler without CNOTs: outputs are products of one-qubit values."""

ENTANGLERS: Mapping[str, Callable[[int], QubitPairs]] = MappingProxyType(
    {"ring": ring, "linear": linear, "brick": brick, NONE: lambda _: []}
)
"""Entanglers by the name that a specification and the command line use."""
