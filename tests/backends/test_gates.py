"""Gates and angles of Qiskit's own libraries, on every exact backend."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import Parameter, ParameterExpression, library
from qiskit.circuit.library import (
    efficient_su2,
    n_local,
    real_amplitudes,
    z_feature_map,
    zz_feature_map,
)
from qiskit.quantum_info import SparsePauliOp, random_clifford

from qkdrp.backends import get_backend
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.backends.qnn.adjoint_gradient import AdjointEstimatorGradient
from qkdrp.circuits import PQC, compile_program
from qkdrp.circuits.pauli.program import Signs
from tests.backends.tester import check_gradients, check_values, random_point, stock_qnn
from tests.circuits.random_circuits import reference_values

EXACT = ["statevector", "aer_exact"]
READ = (SparsePauliOp(["XZ", "YI"], [0.5, 0.3]), SparsePauliOp("ZZ"))

FEATURES: dict[str, Callable[[], QuantumCircuit]] = {
    "ZFeatureMap": lambda: library.ZFeatureMap(2),
    "z_feature_map": lambda: z_feature_map(2),
    "ZZFeatureMap": lambda: library.ZZFeatureMap(2),
    "zz_feature_map": lambda: zz_feature_map(2),
}

ANSATZES: dict[str, Callable[[], QuantumCircuit]] = {
    "RealAmplitudes": lambda: library.RealAmplitudes(2, reps=1),
    "real_amplitudes": lambda: real_amplitudes(2, reps=1),
    "EfficientSU2": lambda: library.EfficientSU2(2, reps=1),
    "efficient_su2": lambda: efficient_su2(2, reps=1),
    "TwoLocal": lambda: library.TwoLocal(2, ["ry", "rz"], "crx", reps=1),
    "n_local": lambda: n_local(2, ["ry", "rz"], "crx", reps=1),
}


def library_pqc(features: str, ansatz: str) -> PQC:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # classes go with Qiskit 3
        first, second = FEATURES[features](), ANSATZES[ansatz]()
        circuit = first.compose(second)
        return PQC.from_circuit(circuit, first.parameters, second.parameters, READ)


@pytest.mark.parametrize("backend", EXACT)
@pytest.mark.parametrize(
    ("features", "ansatz"),
    [
        *((features, "real_amplitudes") for features in FEATURES),
        *(("z_feature_map", ansatz) for ansatz in ANSATZES),
        ("ZZFeatureMap", "TwoLocal"),
    ],
)
def test_circuits_of_the_library_are_those_of_the_stock_qnn(
    features: str, ansatz: str, backend: str, rng: np.random.Generator
) -> None:
    pqc = library_pqc(features, ansatz)
    qnn = get_backend(backend).qnn(pqc)
    check_values(qnn, pqc, rng)
    check_gradients(qnn, pqc, rng)


def test_the_stock_qnn_takes_the_adjoint_gradient_of_the_library(rng: np.random.Generator) -> None:
    pqc = library_pqc("ZZFeatureMap", "TwoLocal")
    inputs, weights = random_point(pqc, 2, rng)
    estimator = get_backend("statevector").estimator
    found = stock_qnn(pqc, estimator, AdjointEstimatorGradient).backward(inputs, weights)
    for ours, theirs in zip(found, stock_qnn(pqc).backward(inputs, weights), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)


A, B = Parameter("a"), Parameter("b")


def clifford_block(circuit: QuantumCircuit) -> None:
    block = random_clifford(2, seed=3).to_circuit()
    circuit.append(block.to_gate(), [1, 0])


def through_openqasm(circuit: QuantumCircuit) -> None:
    written = QuantumCircuit(2)
    written.rzx(np.pi, 0, 1)
    written.ryy(np.pi / 2, 1, 0)
    circuit.compose(qasm3.loads(qasm3.dumps(written)), inplace=True)


MIDDLES: dict[str, Callable[[QuantumCircuit], object]] = {
    "iswap": lambda c: c.iswap(0, 1),
    "dcx": lambda c: c.dcx(1, 0),
    "a Clifford block": clifford_block,
    "OpenQASM": through_openqasm,
    "u": lambda c: c.u(A, 0.1 - B, A * B, 1),
    "controlled rotations": lambda c: [c.crx(A, 0, 1), c.cry(B, 1, 0), c.cp(A - B, 0, 1)],
    "cu": lambda c: c.cu(A, B, A * B, 0.3, 1, 0),
    "t": lambda c: c.t(0),
}


@pytest.mark.parametrize("backend", EXACT)
@pytest.mark.parametrize("middle", MIDDLES.values(), ids=MIDDLES)
def test_gates_between_rotations_are_right_on_every_backend(
    middle: Callable[[QuantumCircuit], object], backend: str, rng: np.random.Generator
) -> None:
    circuit = QuantumCircuit(2)
    circuit.ry(0.3 + A, 0)
    circuit.rx(B, 1)
    middle(circuit)
    circuit.rz(A, 0)
    circuit.ry(0.7, 0)
    points = rng.uniform(-2, 2, (3, 2))
    pub = circuit, [[each] for each in READ], points
    found = get_backend(backend).estimator.run([pub]).result()[0].data.evs
    expected = reference_values(circuit, READ, [A, B], points)
    np.testing.assert_allclose(found.T, expected, rtol=0, atol=1e-12)


C, D = Parameter("c"), Parameter("d")


def curved_circuit(n_qubits: int) -> QuantumCircuit:
    """Curves of inputs A and B, of weights C and D, of both; one of them twice."""
    circuit = QuantumCircuit(n_qubits)
    angles: list[ParameterExpression] = [C * D, A * A, C.sin(), A * B * C, A, D, A * A]
    for index, angle in enumerate(angles):
        circuit.h(index % n_qubits)
        circuit.rz(angle, index % n_qubits)
        circuit.rx(angle, (index + 1) % n_qubits)
    return circuit


@pytest.mark.parametrize("n_qubits", [2, 13])
def test_the_chain_rule_holds_for_curves_of_inputs_and_weights(
    n_qubits: int, rng: np.random.Generator
) -> None:
    circuit, step = curved_circuit(n_qubits), 1e-5
    read = [SparsePauliOp.from_sparse_list([("ZX", [0, 1], 1.0), ("Y", [1], 0.5)], n_qubits)]
    program = compile_program(circuit, read, [A, B], [C, D])
    assert len(program.curves) == 4
    engine = ExactEngine(program)
    inputs, weights = rng.uniform(-1, 1, (3, 2)), rng.uniform(-1, 1, 2)
    points = np.concatenate([inputs, np.tile(weights, (3, 1))], axis=1)

    def values(points: np.ndarray) -> np.ndarray:
        return reference_values(circuit, read, [A, B, C, D], points)

    np.testing.assert_allclose(engine.values(inputs, weights), values(points), atol=1e-10)
    slopes = [(values(points + m) - values(points - m)) / (2 * step) for m in step * np.eye(4)]
    expected = np.stack(slopes, axis=-1)
    by_inputs, by_weights = engine.jacobian(inputs, weights)
    np.testing.assert_allclose(by_inputs, expected[..., :2], atol=1e-8)
    np.testing.assert_allclose(by_weights, expected[..., 2:], atol=1e-8)

    cotangents = rng.normal(size=(3, 1))
    pulled = np.einsum("bo,bop->bp", cotangents, expected)
    unsigned = Signs(np.ones((3, program.n_rotations)), np.ones((3, len(program.term_x))))
    for signs in (None, unsigned):
        found, pull_back = engine.linearise(inputs, weights, signs)
        np.testing.assert_allclose(found, values(points), atol=1e-10)
        for by_inputs, by_weights in (
            pull_back(cotangents),
            engine.vjp(inputs, weights, cotangents, signs),
        ):
            np.testing.assert_allclose(by_inputs, pulled[:, :2], atol=1e-8)
            np.testing.assert_allclose(by_weights, pulled[:, 2:].sum(axis=0), atol=1e-8)


def test_an_empty_batch_of_curves_has_empty_values() -> None:
    program = compile_program(curved_circuit(2), READ, [A, B], [C, D])
    engine = ExactEngine(program)
    assert engine.values(np.empty((0, 2)), np.ones(2)).shape == (0, 2)
    by_inputs, by_weights = engine.vjp(np.empty((0, 2)), np.ones(2), np.empty((0, 2)))
    assert by_inputs.shape == (0, 2)
    np.testing.assert_array_equal(by_weights, [0, 0])
