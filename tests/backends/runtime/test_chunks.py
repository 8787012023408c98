import numpy as np
import pytest
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime.chunks import cut
from qkdrp.backends.runtime.client_adapters import ADAPTERS, LegacyAdapter
from qkdrp.backends.runtime.clients import open_device
from qkdrp.backends.runtime.cost import MOST_EXECUTIONS, MOST_POINTS
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQCSpec, build_pqc


@pytest.mark.parametrize(("n_points", "shots"), [(25_000, 1), (400, 100_000), (3, 7)])
def test_jobs_are_as_few_as_fit_and_each_is_prepared_once(
    n_points: int, shots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RuntimeSettings("fake_manila", shots=shots)
    pqc = build_pqc(PQCSpec(2, 1, 1))
    names = (*pqc.inputs, *pqc.weights)
    points = {names: np.zeros((n_points, len(names)))}
    pub = EstimatorPub.coerce((pqc.circuit, [[each] for each in pqc.observables], points))
    prepared, told = [], []
    load = LegacyAdapter.load

    def counted(*arguments: object) -> object:
        prepared.append(arguments)
        return load(*arguments)

    monkeypatch.setattr(LegacyAdapter, "load", counted)
    pubs, loads = cut(
        open_device(settings), ADAPTERS["legacy"], settings, pub, lambda *now: told.append(now)
    )
    least = max(n_points / MOST_POINTS, n_points * shots / MOST_EXECUTIONS, 1)
    assert len(pubs) == int(np.ceil(least)) == len(prepared)
    assert sum(each.parameter_values.size for each in pubs) == n_points
    assert max(each.executions for each in loads) <= MOST_EXECUTIONS
    assert told == [(done, len(pubs)) for done in range(len(pubs) + 1)]
