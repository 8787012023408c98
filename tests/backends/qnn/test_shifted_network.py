"""Shifted gradients after transpilation, where a parameter drives several gates or a curve."""

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import get_backend
from qkdrp.circuits import PQC
from tests.runtime_server import RuntimeServer

NOISE = "depolarizing:p1=0.01,p2=0.05,readout=0.02"
X, W = ParameterVector("x", 2), ParameterVector("w", 2)
READ = SparsePauliOp("ZZ"), SparsePauliOp("IZ")


def block() -> PQC:
    inside = QuantumCircuit(2, name="block")
    for qubit in range(2):
        inside.ry(X[0], qubit)
        inside.rx(W[0], qubit)
    circuit = QuantumCircuit(2)
    circuit.append(inside.to_gate(), [0, 1])
    return PQC.from_circuit(circuit, [X[0]], [W[0]], READ)


def controlled() -> PQC:
    circuit = QuantumCircuit(2)
    for qubit in range(2):
        circuit.ry(X[qubit], qubit)
    circuit.crx(W[0], 0, 1)
    circuit.cry(W[1], 1, 0)
    return PQC.from_circuit(circuit, X, W, READ)


def curved() -> PQC:
    circuit = zz_feature_map(2).assign_parameters(list(X))
    circuit.ry(W[0] * W[1], 0)
    circuit.rx(W[0], 1)
    return PQC.from_circuit(circuit, X, W, READ)


@pytest.mark.parametrize("make", [block, controlled, curved])
def test_gradients_are_those_of_the_noisy_values(make: type, rng: np.random.Generator) -> None:
    pqc, step = make(), 1e-5
    backend = get_backend("aer_noisy", noise=NOISE)
    qnn = backend.qnn(pqc)
    inputs, weights = rng.uniform(0.2, 2, (2, pqc.n_inputs)), rng.uniform(0.2, 2, pqc.n_weights)
    by_inputs, by_weights = qnn.backward(inputs, weights)
    assert backend.usage.pubs == 1
    for index, move in enumerate(step * np.eye(pqc.n_inputs)):
        slope = (qnn.forward(inputs + move, weights) - qnn.forward(inputs - move, weights)) / 2
        np.testing.assert_allclose(by_inputs[..., index], slope / step, atol=1e-7)
    for index, move in enumerate(step * np.eye(pqc.n_weights)):
        slope = (qnn.forward(inputs, weights + move) - qnn.forward(inputs, weights - move)) / 2
        np.testing.assert_allclose(by_weights[..., index], slope / step, atol=1e-7)


@pytest.mark.parametrize("make", [controlled, curved])
def test_noise_aware_training_is_right_on_average(make: type, rng: np.random.Generator) -> None:
    pqc, repeats = make(), 3000
    inputs, weights = rng.uniform(0.2, 2, (1, 2)), rng.uniform(0.2, 2, 2)
    shifted = get_backend("aer_noisy", noise=NOISE).qnn(pqc)
    twirled = get_backend("aer_noisy", noise=NOISE, train_noise=True).qnn(pqc)
    values, pull_back = twirled.linearise(np.tile(inputs, (repeats, 1)), weights)
    by_inputs, _ = pull_back(np.ones((repeats, 2)))
    for found, expected in (
        (values, shifted.forward(inputs, weights)),
        (by_inputs, shifted.backward(inputs, weights)[0].sum(axis=1)),
    ):
        error = found.std(axis=0) / repeats**0.5
        assert np.all(np.abs(found.mean(axis=0) - expected[0]) < 4.5 * error)


def test_a_device_runs_a_parameter_for_each_gate_in_one_pub(
    ibm: RuntimeServer, tmp_path: Path
) -> None:
    options = {"device": "ibm_manila", "shots": 4096, "gradient": "shift"}
    ledger = str(tmp_path / "ledger.sqlite")
    with get_backend("ibm_runtime", ledger=ledger, **options) as backend:
        qnn = backend.qnn(block())
        by_input, by_weight = qnn.backward([[0.5]], [0.7])
        assert backend.usage.pubs == len(ibm.jobs) == 1
        assert backend.usage.executions == 8
        assert qnn.forward([[0.5]], [0.7]).shape == (1, 2)
    exact_by_input, exact_by_weight = (
        get_backend("statevector").qnn(block()).backward([[0.5]], [0.7])
    )
    np.testing.assert_allclose(by_input, exact_by_input, atol=0.12)  # noise and shots
    np.testing.assert_allclose(by_weight, exact_by_weight, atol=0.12)
