"""Logical resources of a circuit: widths, depths and gates before any device is chosen."""

from dataclasses import asdict, dataclass
from typing import Any

from qkdrp.backends.depth.features import critical_depth, parallelism
from qkdrp.backends.qnn.shift_rule import find_rule
from qkdrp.circuits import PQC, CircuitSpec, family_of, logical_resources
from qkdrp.circuits.pauli.bases import count_bases


@dataclass(frozen=True)
class Logical:
    """A circuit before any device is chosen.

    Args:
        qubits: Width.
        inputs: Angles that carry data.
        weights: Trainable angles.
        depth: With every gate counted as one step.
        two_qubit_depth: With only two-qubit gates counted.
        one_qubit_gates: Their number.
        two_qubit_gates: Their number.
        settings: Measurement bases: qubit-wise commuting groups of the observables' strings, each
            of which is an execution of its own.
        readout_length: Qubits that an observable reads, mean over observables.
        critical_depth: SupermarQ's.
        parallelism: SupermarQ's.
        published_one_qubit: One-qubit gates as a paper counts them; None where none does.
        published_two_qubit: Two-qubit gates likewise.
        gradient_circuits: Circuits of one gradient by parameter shift, for one sample: two for
            each angle that depends on inputs or weights.
    """

    qubits: int
    inputs: int
    weights: int
    depth: int
    two_qubit_depth: int
    one_qubit_gates: int
    two_qubit_gates: int
    settings: int
    readout_length: float
    critical_depth: float
    parallelism: float
    published_one_qubit: int | None
    published_two_qubit: int | None
    gradient_circuits: int

    def to_json(self) -> dict[str, Any]:
        """Return all as plain numbers, but for what only estimates of times are made of."""
        content = asdict(self)
        del content["gradient_circuits"]
        return content


def describe(pqc: PQC, spec: CircuitSpec) -> Logical:
    """Return the logical resources of a circuit.

    Args:
        pqc: The circuit.
        spec: Of the circuit whose values it has.
    """
    found = logical_resources(pqc.circuit)
    terms = [letters for op in pqc.observables for letters in op.paulis]
    published = family_of(spec).published_counts(spec)
    return Logical(
        qubits=found.n_qubits,
        inputs=pqc.n_inputs,
        weights=pqc.n_weights,
        depth=found.depth,
        two_qubit_depth=found.two_qubit_depth,
        one_qubit_gates=sum(found.gate_counts.values()) - found.two_qubit_gates,
        two_qubit_gates=found.two_qubit_gates,
        settings=count_bases(pqc.observables),
        readout_length=sum(int((each.x | each.z).sum()) for each in terms) / len(terms),
        critical_depth=critical_depth(pqc.circuit),
        parallelism=parallelism(pqc.circuit),
        published_one_qubit=None if published is None else published.one_qubit,
        published_two_qubit=None if published is None else published.two_qubit,
        gradient_circuits=2 * len(find_rule(pqc.circuit).shifts),
    )
