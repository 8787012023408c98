"""Which quantum layer a circuit is of, where an estimator is asked by the circuit alone."""

from qiskit import QuantumCircuit


class KnownCircuits:
    """Circuits of QNNs, with the names of the layers that they are of."""

    def __init__(self) -> None:
        self._known: list[tuple[QuantumCircuit, str]] = []

    def add(self, circuit: QuantumCircuit, label: str) -> None:
        """Take a circuit for that of a layer."""
        self._known.append((circuit, label))

    def label_of(self, circuit: QuantumCircuit) -> str:
        """Return the name of the layer; an empty one for a circuit without."""
        return next((label for known, label in self._known if known is circuit), "")
