"""Random circuits of rotations and CNOTs whose observables are random Pauli sums."""

from itertools import pairwise

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits import PQC


def random_sum(n_qubits: int, n_terms: int, rng: np.random.Generator) -> SparsePauliOp:
    """A sum of strings of I, X, Y and Z with real coefficients."""
    labels = ["".join(rng.choice(list("IXYZ"), n_qubits)) for _ in range(n_terms)]
    return SparsePauliOp(labels, rng.normal(size=n_terms))


def random_pqc(rng: np.random.Generator, n_qubits: int = 3, n_outputs: int = 3) -> PQC:
    """Inputs that are used twice, weights, CNOTs, and sums that take several bases."""
    inputs = ParameterVector("inputs", n_qubits)
    weights = ParameterVector("weights", 2 * n_qubits)
    circuit, next_weight = QuantumCircuit(n_qubits), iter(weights)
    for _ in range(2):
        for q in range(n_qubits):
            getattr(circuit, str(rng.choice(["rx", "ry"])))(inputs[q], q)
            getattr(circuit, str(rng.choice(["rx", "ry", "rz"])))(next(next_weight), q)
        for pair in pairwise(rng.permutation(n_qubits)):
            circuit.cx(*map(int, pair))
    sums = [random_sum(n_qubits, 4, rng) for _ in range(n_outputs)]
    return PQC.from_circuit(circuit, tuple(inputs), tuple(weights), sums)
