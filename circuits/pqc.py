"""Building the parameterised quantum circuit from its specification."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits.entanglers import ENTANGLERS, QubitPairs
from qkdrp.circuits.expand import expand_gates, is_known
from qkdrp.circuits.families.measurement import MEASUREMENTS
from qkdrp.circuits.families.reuploading_spec import PQCSpec
from qkdrp.circuits.pauli.tail import absorb_tail
from qkdrp.common.errors import CircuitError


@dataclass(frozen=True, eq=False)
class PQC:
    """A parameterised quantum circuit with what drives it and what is read from it.

    A transformed circuit may have lost some of its parameters, and one that is only placed on a
    device needs no observable; :meth:`from_circuit` is stricter.

    Args:
        circuit: The Qiskit circuit, gates only: the single source of truth.
        inputs: Parameters that carry data, shape (n_inputs,). In the re-uploading family, entry
            ``l * n_qubits + q`` is the angle phi' of encoding layer ``l`` on qubit ``q``.
        weights: Trainable parameters, shape (n_weights,), in the order of application.
        observables: Observables of ``circuit``, shape (n_outputs,); a single operator is one
            observable, whatever terms it has.
        spec: The specification of the family member that this circuit is, gate by gate; None for
            a user's own circuit and for every transformed one.

    Raises:
        CircuitError: If the circuit holds anything but gates, a parameter of it is missing or
            given twice, an observable does not fit it or is not Hermitian, or sizes are not those
            of the specification.
    """

    circuit: QuantumCircuit
    inputs: Sequence[Parameter]
    weights: Sequence[Parameter]
    observables: tuple[SparsePauliOp, ...]
    spec: PQCSpec | None = None

    def __post_init__(self) -> None:
        """Check that everything belongs to the circuit."""
        if not isinstance(self.circuit, QuantumCircuit):
            raise CircuitError(f"Found a circuit of {_kind(self.circuit)}: give a QuantumCircuit.")
        expand_gates(self.circuit, is_known)
        for name in ("inputs", "weights"):
            object.__setattr__(self, name, _parameters(name, getattr(self, name)))
        object.__setattr__(self, "observables", _operators(self.observables, self.n_qubits))
        twice = [p.name for p, count in Counter([*self.inputs, *self.weights]).items() if count > 1]
        if twice:
            raise CircuitError(
                f"Found {_names(twice)} more than once among inputs and weights: give each "
                "parameter once."
            )
        if self._missing():
            raise self._mismatch()
        if self.spec is not None and not isinstance(self.spec, PQCSpec):
            raise CircuitError(f"spec is {_kind(self.spec)}: give a PQCSpec, or leave it out.")
        sizes = ("n_qubits", "n_inputs", "n_weights", "n_outputs")
        found = [getattr(self, size) for size in sizes]
        if self.spec is not None and found != [getattr(self.spec, size) for size in sizes]:
            raise CircuitError(
                f"{', '.join(sizes)} are {found}, which is no circuit of {self.spec}: leave the "
                "specification out."
            )

    @classmethod
    def from_circuit(
        cls,
        circuit: QuantumCircuit,
        inputs: Sequence[Parameter],
        weights: Sequence[Parameter],
        observables: SparsePauliOp | Sequence[SparsePauliOp],
    ) -> Self:
        """Return a user's own circuit, which belongs to no family.

        Args:
            circuit: The circuit, gates only.
            inputs: Its parameters that carry data, shape (n_inputs,).
            weights: Its trainable parameters, shape (n_weights,).
            observables: Observables on its qubits, shape (n_outputs,); a single operator is one
                observable, whatever terms it has.

        Raises:
            CircuitError: If a parameter of the circuit is missing, unknown or given twice, an
                observable is missing or does not fit, or the circuit holds anything but gates.
        """
        pqc = cls(circuit, inputs, weights, observables)  # type: ignore[arg-type]  # made a tuple
        if pqc._unknown():
            raise pqc._mismatch()
        if not pqc.observables:
            raise CircuitError("Found no observable, expected at least one SparsePauliOp.")
        return pqc

    def _missing(self) -> list[str]:
        given = {*self.inputs, *self.weights}
        return [each.name for each in self.circuit.parameters if each not in given]

    def _unknown(self) -> list[str]:
        known = set(self.circuit.parameters)
        return [each.name for each in [*self.inputs, *self.weights] if each not in known]

    def _mismatch(self) -> CircuitError:
        return CircuitError(
            f"The circuit has the parameters {_names(p.name for p in self.circuit.parameters)}; "
            f"inputs and weights lack {_names(self._missing())} and give the unknown "
            f"{_names(self._unknown())}: they must be the circuit's parameters, each once."
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
        self,
        circuit: QuantumCircuit,
        observables: SparsePauliOp | Sequence[SparsePauliOp] | None = None,
    ) -> Self:
        """Return another circuit with the same parameters; it claims no specification.

        Args:
            circuit: The other circuit.
            observables: Its observables; the same where left out.
        """
        read: Any = self.observables if observables is None else observables
        return replace(self, circuit=circuit, observables=read, spec=None)


def _parameters(name: str, given: Any) -> tuple[Parameter, ...]:  # noqa: ANN401  # to be checked
    if isinstance(given, Parameter) or not isinstance(given, Iterable):
        raise CircuitError(f"{name} is {_kind(given)}: give a sequence of Parameters.")
    parameters = tuple(given)
    wrong = [each for each in parameters if not isinstance(each, Parameter)]
    if wrong:
        raise CircuitError(f"{name} holds {_kind(wrong[0])}: give a sequence of Parameters.")
    return parameters


def _operators(given: Any, n_qubits: int) -> tuple[SparsePauliOp, ...]:  # noqa: ANN401  # as above
    if isinstance(given, SparsePauliOp):  # which is a sequence of its terms, too
        given = (given,)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise CircuitError(f"observables is {_kind(given)}: give a sequence of SparsePauliOps.")
    operators = tuple(given)
    for place, operator in enumerate(operators):
        where = f"Observable {place}"
        if not isinstance(operator, SparsePauliOp):
            raise CircuitError(f"{where} is {_kind(operator)}: give a SparsePauliOp.")
        if operator.num_qubits != n_qubits:
            raise CircuitError(
                f"{where} acts on {operator.num_qubits} qubits, the circuit has {n_qubits}: "
                "expected the same number."
            )
        if operator.coeffs.dtype == object:
            raise CircuitError(f"{where} has a parameter as coefficient: bind it to a number.")
        if np.any(operator.coeffs.imag) or not np.all(np.isfinite(operator.coeffs)):
            raise CircuitError(f"{where} is not Hermitian: use finite real coefficients.")
    return operators


def _kind(thing: Any) -> str:  # noqa: ANN401  # whatever was given
    return f"{thing!r} ({type(thing).__name__})"


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
