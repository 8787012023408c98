import numpy as np
import pytest
import torch
from qiskit.primitives import StatevectorEstimator
from qiskit_machine_learning.connectors import TorchConnector

from qkdrp.backends import CostEstimate, QuantumLayer, Usage, get_backend
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from tests.backends.tester import random_point


@pytest.fixture(params=["multi", "single"])
def pqc(request: pytest.FixtureRequest) -> PQC:
    return build_pqc(PQCSpec(3, 2, 1, request.param))


def test_a_new_backend_has_done_nothing() -> None:
    assert get_backend("aer_exact").usage == Usage(pubs=0, executions=0, shots=0)


@pytest.mark.parametrize("batch", [1, 7])
def test_aer_takes_one_pub_per_batch(pqc: PQC, batch: int, rng: np.random.Generator) -> None:
    backend = get_backend("aer_exact")
    inputs, weights = random_point(pqc, batch, rng)
    backend.qnn(pqc).forward(inputs, weights)
    assert backend.usage == Usage(pubs=1, executions=batch, shots=0)


@pytest.mark.parametrize("connector", [QuantumLayer, TorchConnector])
@pytest.mark.parametrize("name", ["aer_exact", "statevector"])
def test_the_backward_pass_sends_nothing(
    name: str, connector: type[TorchConnector], pqc: PQC, rng: np.random.Generator
) -> None:
    backend = get_backend(name)
    inputs, weights = random_point(pqc, 4, rng)
    layer = connector(backend.qnn(pqc), initial_weights=weights)
    values = layer(torch.tensor(inputs, requires_grad=True))
    before = Usage(**vars(backend.usage))
    values.sum().backward()
    assert backend.usage == before


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("name", ["aer_exact", "statevector"])
def test_cost_is_what_usage_then_shows(
    name: str, batch: int, pqc: PQC, rng: np.random.Generator
) -> None:
    backend = get_backend(name)
    estimate = backend.estimate_cost(pqc, batch)
    backend.qnn(pqc).forward(*random_point(pqc, batch, rng))
    assert estimate == CostEstimate(**vars(backend.usage))


def test_usage_adds_up_over_calls_and_circuits(pqc: PQC, rng: np.random.Generator) -> None:
    backend = get_backend("aer_exact")
    inputs, weights = random_point(pqc, 6, rng)
    backend.qnn(pqc).forward(inputs, weights)
    QuantumLayer(backend.qnn(pqc), weights)(torch.tensor(inputs.reshape(2, 3, -1)))
    assert backend.usage == Usage(pubs=2, executions=12, shots=0)


@pytest.mark.parametrize("name", ["aer_exact", "statevector"])
def test_every_pub_and_point_is_counted(name: str, pqc: PQC, rng: np.random.Generator) -> None:
    backend = get_backend(name)
    points = rng.uniform(-3, 3, (2, 4, pqc.circuit.num_parameters))
    pubs = [(pqc.circuit, pqc.observables[0], points), (pqc.circuit, "ZZZ", points[0, 0])]
    found, expected = (
        backend.estimator.run(pubs).result(),
        StatevectorEstimator().run(pubs).result(),
    )
    assert backend.usage == Usage(pubs=2, executions=9, shots=0)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.data.evs, theirs.data.evs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["aer_exact", "statevector"])
def test_equal_observables_are_evaluated_once(
    name: str, pqc: PQC, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimator, asked = get_backend(name).estimator, []
    evaluate = estimator.evaluate
    monkeypatch.setattr(
        estimator, "evaluate", lambda *given: (asked.append(len(given[2])), evaluate(*given))[1]
    )
    points = rng.uniform(-3, 3, (3, pqc.circuit.num_parameters))
    pub = (pqc.circuit, [["ZII"], ["IZI"], ["ZII"]], points)
    found, expected = (each.run([pub]).result()[0] for each in (estimator, StatevectorEstimator()))
    assert asked == [2]
    np.testing.assert_allclose(found.data.evs, expected.data.evs, rtol=0, atol=1e-12)
