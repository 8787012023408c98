"""Building a circuit of Team PNU 2025."""

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from qkdrp.circuits.entanglers import ring
from qkdrp.circuits.families.pnu.spec import ROTATIONS, PnuSpec
from qkdrp.circuits.measurements import MEASUREMENTS
from qkdrp.circuits.observables import observables_of
from qkdrp.circuits.pauli.tail import absorb_tail
from qkdrp.circuits.pqc import PQC


def build(spec: PnuSpec) -> PQC:
    """Build the circuit of Team PNU 2025.

    In each layer: RY(x_q), then RX(x_q) on every qubit q, the same inputs again; three rotations
    by weights on every qubit; CNOT(q, q+1 mod n) for q = 0..n-1. The published code runs one layer
    of PennyLane's ``AngleEmbedding`` (twice) and ``StronglyEntanglingLayers`` after the other.

    Args:
        spec: Sizes and choices.

    Returns:
        The circuit with its parameters and observables. Entry ``(l * n + q) * 3 + k`` of its
        weights is angle k of layer l on qubit q.
    """
    qubits = range(spec.n_qubits)
    inputs = ParameterVector("inputs", spec.n_inputs)
    weights = ParameterVector("weights", spec.n_weights)
    next_weight = iter(weights)
    measurement = MEASUREMENTS[spec.measurement]

    circuit = QuantumCircuit(spec.n_qubits)
    for _ in range(spec.n_layers):
        for encode in (circuit.ry, circuit.rx):
            for q in qubits:
                encode(inputs[q], q)
        for q in qubits:
            for gate in ROTATIONS[spec.rotation]:
                getattr(circuit, gate)(next(next_weight), q)
        for pair in ring(spec.n_qubits):
            circuit.cx(*pair)
    for pair in measurement.gather(spec.n_qubits):
        circuit.cx(*pair)

    observables = observables_of(measurement, spec.n_qubits)
    if spec.absorb_tail:
        circuit, observables = absorb_tail(circuit, observables)
    return PQC(circuit, tuple(inputs), tuple(weights), observables, spec)
