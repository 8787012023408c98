"""Measurement layers: the CNOTs before the readout and the observables that are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qkdrp.circuits.entanglers import QubitPairs


@dataclass(frozen=True)
class Measurement:
    """How a circuit is read out.

    Args:
        gather: Gives the CNOTs before the readout for a number of qubits.
        readout: Gives the qubits whose Pauli Z are the observables, in output order.
    """

    gather: Callable[[int], QubitPairs]
    readout: Callable[[int], range]

    def n_outputs(self, n_qubits: int) -> int:
        """Return the number of observables on ``n_qubits`` qubits."""
        return len(self.readout(n_qubits))


MEASUREMENTS: Mapping[str, Measurement] = MappingProxyType(
    {
        "multi": Measurement(gather=lambda _: [], readout=range),
        "single": Measurement(
            gather=lambda n_qubits: [(q, 0) for q in range(1, n_qubits)],
            readout=lambda _: range(1),
        ),
    }
)
"""Measurement layers by name: ``multi`` and ``single`` of Ito et al. 2025."""
