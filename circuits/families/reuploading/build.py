"""Building a data re-uploading circuit."""

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from qkdrp.circuits.entanglers import ENTANGLERS, QubitPairs
from qkdrp.circuits.families.reuploading.spec import PQCSpec
from qkdrp.circuits.measurements import MEASUREMENTS
from qkdrp.circuits.observables import observables_of
from qkdrp.circuits.pauli.tail import absorb_tail
from qkdrp.circuits.pqc import PQC


def build(spec: PQCSpec) -> PQC:
    """Build the data re-uploading circuit of Ito et al. 2025.

    ``V^n3 ; for each encoding layer: RZ(phi') on every qubit, V^n3 ; measurement`` with
    ``V`` = RX (or RY) on every qubit, then the entangler's CNOTs. The leading ``V^n3`` matters: RZ
    on |0> is a global phase, so without it the first ``n_qubits`` features would change nothing.

    Args:
        spec: Sizes and choices.

    Returns:
        The circuit with its parameters and observables. Entry ``l * n_qubits + q`` of its inputs
        is the angle phi' of encoding layer ``l`` on qubit ``q``.
    """
    qubits = range(spec.n_qubits)
    inputs = ParameterVector("inputs", spec.n_inputs)
    weights = ParameterVector("weights", spec.n_weights)
    next_input, next_weight = iter(inputs), iter(weights)
    pairs = ENTANGLERS[spec.entangler](spec.n_qubits)
    measurement = MEASUREMENTS[spec.measurement]

    circuit = QuantumCircuit(spec.n_qubits)
    rotate = getattr(circuit, spec.rotation)
    for block in range(spec.n_encoding + 1):
        if block > 0:
            for q in qubits:
                circuit.rz(next(next_input), q)
        for _ in range(spec.n_variational):
            for q in qubits:
                rotate(next(next_weight), q)
            _append_cnots(circuit, pairs)
    _append_cnots(circuit, measurement.gather(spec.n_qubits))

    observables = observables_of(measurement, spec.n_qubits)
    if spec.absorb_tail:
        circuit, observables = absorb_tail(circuit, observables)
    return PQC(circuit, tuple(inputs), tuple(weights), observables, spec)


def _append_cnots(circuit: QuantumCircuit, pairs: QubitPairs) -> None:
    for control, target in pairs:
        circuit.cx(control, target)
