from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends import get_backend
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.runs.cost_preview import preview_circuits
from qkdrp.runs.train import prepare, train
from qkdrp.training.system import LayerCircuit
from tests.backends.tester import SpyEstimator, random_point, stock_qnn
from tests.qkdrp.conftest import CliResult, make_tables, small_config, snapshot


def test_83_samples_with_8_observables_are_one_pub_in_one_basis(
    tmp_path: Path, cli: Callable[..., CliResult], rng: np.random.Generator
) -> None:
    data = make_tables(n_samples=830).write(tmp_path / "data")
    config = small_config(data, n_qubits=8, epochs=1)
    train(prepare(config), tmp_path / "run")
    before = snapshot(tmp_path)
    result = cli(
        *("evaluate", tmp_path / "run", "--backend", "ibm_runtime", "--device", "fake_guadalupe"),
        *("--shots", 1000, "--dry-run"),
    )
    assert result.code == 0, result.err
    assert "jobs     1, one PUB each; 83 points, 1 measurement basis; 83 circuits" in result.out
    assert "83,000 executions" in result.out
    assert "evaluation of 83 samples with 8 observables: 1 (stock EstimatorQNN: 8)" in result.out
    n_shifted = 2 * (8 + 16) * 83
    assert f"1 PUB of {n_shifted:,} circuits" in result.out
    assert f"(stock EstimatorQNN: {8 * n_shifted:,} PUBs)" in result.out
    assert "the legacy one is used here" in result.out
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "options"), [("statevector", {}), ("ibm_runtime", {"device": "fake_manila"})]
)
def test_circuits_of_a_model_are_added_up(name: str, options: dict[str, str]) -> None:
    one, two = build_pqc(PQCSpec(2, 1, 1)), build_pqc(PQCSpec(3, 1, 2))
    circuits = [("one", LayerCircuit(one)), ("two", LayerCircuit(two, calls_per_row=4, stage=1))]
    with get_backend(name, **options) as backend:
        found = preview_circuits(circuits, 10, backend)
        costs = [backend.estimate_cost(one, 10), backend.estimate_cost(two, 40)]
    wanted = costs[0] + costs[1]
    if isinstance(wanted, RuntimeCost):  # compressed bytes vary with what was sent before
        assert found.cost.payload == pytest.approx(wanted.payload, rel=0.01)
        wanted = replace(wanted, payload=found.cost.payload)
    assert found.cost == wanted
    assert found.cost.executions == 50
    assert found.n_observables == found.stock_pubs == 5
    assert found.gradient_executions == 2 * (10 * 6 + 40 * 15)
    assert found.stock_gradient_pubs == 2 * (10 * 6 * 2 + 40 * 15 * 3)


def test_what_stock_code_sends_is_counted_rightly(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    spy = SpyEstimator()
    qnn = stock_qnn(pqc, spy)
    inputs, weights = random_point(pqc, 3, rng)
    qnn.forward(inputs, weights)
    qnn.backward(inputs, weights)
    parameters = pqc.n_inputs + pqc.n_weights
    assert [count for count, _ in spy.calls] == [2, 2 * parameters * 3 * 2]


def circuit(*observables: str) -> PQC:
    """Return a circuit in which each input drives several gates, one of them controlled."""
    inputs, weights = ParameterVector("x", 2), ParameterVector("w", 2)
    gates = QuantumCircuit(2)
    for _ in range(2):
        gates.rx(inputs[0], 0)
        gates.ry(inputs[1], 1)
        gates.cx(0, 1)
    gates.crx(weights[0], 0, 1)
    gates.rz(2 * weights[1], 1)
    gates.rx(weights[1] + inputs[0], 1)
    return PQC.from_circuit(
        gates, list(inputs), list(weights), [SparsePauliOp(each) for each in observables]
    )


@pytest.mark.parametrize(
    ("observables", "groups"), [(("ZI", "IZ"), 1), (("ZI", "XX"), 2), (("ZI", "XX", "YI"), 3)]
)
def test_a_gradient_is_counted_as_it_is_executed(
    observables: tuple[str, ...], groups: int, rng: np.random.Generator
) -> None:
    pqc, n_samples = circuit(*observables), 3
    options = {"device": "fake_manila", "shots": 8, "gradient": "shift"}
    with get_backend("ibm_runtime", **options) as backend:
        found = preview_circuits([("core", LayerCircuit(pqc))], n_samples, backend)
        assert found.cost.executions == n_samples * groups
        backend.qnn(pqc).backward(*random_point(pqc, n_samples, rng))
    shifts = 4 + 2 + 1 + 1  # two gates for each input, crx, rz, the sum of two parameters
    assert found.gradient_executions == backend.usage.executions
    assert found.gradient_executions == 2 * shifts * n_samples * groups


def test_a_circuit_without_a_shift_rule_has_a_price_all_the_same() -> None:
    theta = ParameterVector("x", 1)
    gates = QuantumCircuit(1)
    gates.rx(theta[0].abs(), 0)
    pqc = PQC.from_circuit(gates, list(theta), [], [SparsePauliOp("Z")])
    with get_backend("statevector") as backend:
        found = preview_circuits([("core", LayerCircuit(pqc))], 3, backend)
    assert found.cost.executions == 3
