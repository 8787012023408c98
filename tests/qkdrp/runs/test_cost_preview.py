from collections.abc import Callable
from pathlib import Path

import numpy as np

from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.runs.train import prepare, train
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


def test_what_stock_code_sends_is_counted_rightly(rng: np.random.Generator) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    spy = SpyEstimator()
    qnn = stock_qnn(pqc, spy)
    inputs, weights = random_point(pqc, 3, rng)
    qnn.forward(inputs, weights)
    qnn.backward(inputs, weights)
    parameters = pqc.n_inputs + pqc.n_weights
    assert [count for count, _ in spy.calls] == [2, 2 * parameters * 3 * 2]
