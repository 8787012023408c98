"""Building the parameterised quantum circuit from its specification."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits.entanglers import ENTANGLERS, QubitPairs
from qkdrp.circuits.measurement import MEASUREMENTS
from qkdrp.circuits.spec import PQCSpec
from qkdrp.circuits.tail import absorb_tail
from qkdrp.common.errors import CircuitError


@dataclass(frozen=True, eq=False)
class PQC:
    """A parameterised quantum circuit with what drives it and what is read from it.

    Args:
        circuit: The Qiskit circuit, without measurements: the single source of truth.
        inputs: Parameters that carry data, shape (n_inputs,). In the re-uploading family, entry
            ``l * n_qubits + q`` is the angle phi' of encoding layer ``l`` on qubit ``q``.
        weights: Trainable parameters, shape (n_weights,), in the order of application.
        observables: Observables of ``circuit``, shape (n_outputs,).
        spec: The specification of the family member that this circuit is, gate by gate; None for
            a user's own circuit and for every transformed one.
    """

    circuit: QuantumCircuit
    inputs: Sequence[Parameter]
    weights: Sequence[Parameter]
    observables: tuple[SparsePauliOp, ...]
    spec: PQCSpec | None = None

    @classmethod
    def from_circuit(
        cls,
        circuit: QuantumCircuit,
        inputs: Sequence[Parameter],
        weights: Sequence[Parameter],
        observables: Sequence[SparsePauliOp],
    ) -> Self:
        """Return a user's own circuit, which belongs to no family.

        Args:
            circuit: The circuit, without measurements.
            inputs: Its parameters that carry data, shape (n_inputs,).
            weights: Its trainable parameters, shape (n_weights,).
            observables: Observables on its qubits, shape (n_outputs,).

        Raises:
            CircuitError: If a parameter of the circuit is missing, unknown or given twice, or an
                observable is missing or of another number of qubits.
        """
        pqc = cls(circuit, tuple(inputs), tuple(weights), tuple(observables))
        pqc.check()
        return pqc

    def check(self) -> None:
        """Check that parameters and observables are those of the circuit.

        Raises:
            CircuitError: Says which are not.
        """
        given = [*self.inputs, *self.weights]
        twice = [each.name for each, count in Counter(given).items() if count > 1]
        if twice:
            raise CircuitError(
                f"Found {_names(twice)} more than once among inputs and weights: give each "
                "parameter once."
            )
        known = set(self.circuit.parameters)
        missing = [each.name for each in known.difference(given)]
        unknown = [each.name for each in given if each not in known]
        if missing or unknown:
            raise CircuitError(
                f"The circuit has the parameters {_names(each.name for each in known)}; inputs and "
                f"weights lack {_names(missing)} and give the unknown {_names(unknown)}: they "
                "must be the circuit's parameters, each once."
            )
        if not self.observables:
            raise CircuitError("Found no observable, expected at least one SparsePauliOp.")
        for place, observable in enumerate(self.observables):
            if observable.num_qubits != self.circuit.num_qubits:
                raise CircuitError(
                    f"Observable {place} acts on {observable.num_qubits} qubits, the circuit has "
                    f"{self.circuit.num_qubits}: expected the same number."
                )

    @property
    def n_qubits(self) -> int:
        """Number of qubits of the circuit."""
        return int(self.circuit.num_qubits)

    @property
    def n_inputs(self) -> int:
        """Number of angles that carry data."""
        return len(self.inputs)

    @property
    def n_weights(self) -> int:
        """Number of trainable angles."""
        return len(self.weights)

    @property
    def n_outputs(self) -> int:
        """Number of observables."""
        return len(self.observables)

    def transformed(
        self, circuit: QuantumCircuit, observables: Sequence[SparsePauliOp] | None = None
    ) -> Self:
        """Return another circuit with the same parameters; it claims no specification.

        Args:
            circuit: The other circuit.
            observables: Its observables; the same where left out.
        """
        read = self.observables if observables is None else tuple(observables)
        return replace(self, circuit=circuit, observables=read, spec=None)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def build_pqc(spec: PQCSpec) -> PQC:
    """Build the data re-uploading circuit of Ito et al. 2025.

    ``V^n3 ; for each encoding layer: RZ(phi') on every qubit, V^n3 ; measurement`` with
    ``V`` = RX on every qubit, then the entangler's CNOTs. The leading ``V^n3`` matters: RZ on |0>
    is a global phase, so without it the first ``n_qubits`` features would change nothing.

    Args:
        spec: Sizes and choices.

    Returns:
        The circuit with its parameters and observables.
    """
    qubits = range(spec.n_qubits)
    inputs = ParameterVector("inputs", spec.n_inputs)
    weights = ParameterVector("weights", spec.n_weights)
    next_input, next_weight = iter(inputs), iter(weights)
    pairs = ENTANGLERS[spec.entangler](spec.n_qubits)
    measurement = MEASUREMENTS[spec.measurement]

    circuit = QuantumCircuit(spec.n_qubits)
    for block in range(spec.n_encoding + 1):
        if block > 0:
            for q in qubits:
                circuit.rz(next(next_input), q)
        for _ in range(spec.n_variational):
            for q in qubits:
                circuit.rx(next(next_weight), q)
            _append_cnots(circuit, pairs)
    _append_cnots(circuit, measurement.gather(spec.n_qubits))

    observables = tuple(
        SparsePauliOp.from_sparse_list([("Z", [q], 1.0)], num_qubits=spec.n_qubits)
        for q in measurement.readout(spec.n_qubits)
    )
    if spec.absorb_tail:
        circuit, observables = absorb_tail(circuit, observables)
    return PQC(circuit, tuple(inputs), tuple(weights), observables, spec)


def _append_cnots(circuit: QuantumCircuit, pairs: QubitPairs) -> None:
    for control, target in pairs:
        circuit.cx(control, target)
