"""Parameterised quantum circuits: the circuit, what drives it and what is read from it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits.expand import expand_gates, is_known
from qkdrp.circuits.observables import checked_observables, described
from qkdrp.circuits.spec import CircuitSpec
from qkdrp.common.brief import Brief
from qkdrp.common.errors import CircuitError


@dataclass(frozen=True, eq=False, repr=False)
class PQC(Brief):
    """A parameterised quantum circuit with what drives it and what is read from it.

    A transformed circuit may have lost some of its parameters, and one that is only placed on a
    device needs no observable; :meth:`from_circuit` is stricter.

    Args:
        circuit: The Qiskit circuit, gates only: the single source of truth.
        inputs: Parameters that carry data, shape (n_inputs,); each may drive several gates.
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
    spec: CircuitSpec | None = None

    def __post_init__(self) -> None:
        """Check that everything belongs to the circuit."""
        if not isinstance(self.circuit, QuantumCircuit):
            raise CircuitError(
                f"Found a circuit of {described(self.circuit)}: give a QuantumCircuit."
            )
        expand_gates(self.circuit, is_known)
        for name in ("inputs", "weights"):
            object.__setattr__(self, name, _parameters(name, getattr(self, name)))
        object.__setattr__(
            self, "observables", checked_observables(self.observables, self.n_qubits)
        )
        twice = [p.name for p, count in Counter([*self.inputs, *self.weights]).items() if count > 1]
        if twice:
            raise CircuitError(
                f"Found {_names(twice)} more than once among inputs and weights: give each "
                "parameter once."
            )
        if self._missing():
            raise self._mismatch()
        self._check_spec()

    def _check_spec(self) -> None:
        if self.spec is None:
            return
        if not isinstance(self.spec, CircuitSpec):
            raise CircuitError(
                f"spec is {described(self.spec)}: give the specification of a family, or leave it "
                "out."
            )
        sizes = ("n_qubits", "n_inputs", "n_weights", "n_outputs")
        found = [getattr(self, size) for size in sizes]
        if found != [getattr(self.spec, size) for size in sizes]:
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
        raise CircuitError(f"{name} is {described(given)}: give a sequence of Parameters.")
    parameters = tuple(given)
    wrong = [each for each in parameters if not isinstance(each, Parameter)]
    if wrong:
        raise CircuitError(f"{name} holds {described(wrong[0])}: give a sequence of Parameters.")
    return parameters


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
