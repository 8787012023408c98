"""Measurements: the CNOTs before the readout, and the observables that are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qkdrp.circuits.entanglers import QubitPairs, ring

PauliString = tuple[str, list[int]]
"""Letters of a Pauli string, such as ``ZZ``, and the qubits that they are on."""


@dataclass(frozen=True)
class Measurement:
    """How a circuit is read out.

    Args:
        strings: Gives the Pauli string of each observable for a number of qubits, in output order.
        gather: Gives the CNOTs before the readout for a number of qubits.
    """

    strings: Callable[[int], list[PauliString]]
    gather: Callable[[int], QubitPairs] = lambda _: []

    def n_outputs(self, n_qubits: int) -> int:
        """Return the number of observables on ``n_qubits`` qubits."""
        return len(self.strings(n_qubits))


def each_qubit(letter: str, n_qubits: int) -> list[PauliString]:
    """Return the same Pauli letter on every qubit, one string each."""
    return [(letter, [q]) for q in range(n_qubits)]


def _paulis(n_qubits: int) -> list[PauliString]:
    """Return X, Y and Z of every qubit, then ZZ of its neighbours in a ring."""
    ones = [string for letter in "XYZ" for string in each_qubit(letter, n_qubits)]
    return ones + [("ZZ", [*pair]) for pair in ring(n_qubits)]


MEASUREMENTS: Mapping[str, Measurement] = MappingProxyType(
    {
        "multi": Measurement(lambda n_qubits: each_qubit("Z", n_qubits)),
        "single": Measurement(
            strings=lambda _: [("Z", [0])],
            gather=lambda n_qubits: [(q, 0) for q in range(1, n_qubits)],
        ),
        "paulis": Measurement(_paulis),
    }
)
"""Measurements by name, for every family: ``multi`` (Z of every qubit) and ``single`` (the parity
that CNOTs gather on qubit 0) of Ito et al. 2025, ``paulis`` of Team PNU 2025: X, Y and Z of every
qubit and ZZ of neighbours in a ring."""
