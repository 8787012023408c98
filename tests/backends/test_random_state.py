"""Backends that draw random numbers give and take the state of their generator."""

import json

import numpy as np
import pytest

from qkdrp.backends import Backend, get_backend
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.random_state import HasRandomState


def draws(backend: Backend, pqc: PQC) -> np.ndarray:
    qnn = backend.qnn(pqc)
    return np.asarray(qnn.forward(np.full((3, pqc.n_inputs), 0.3), np.full(pqc.n_weights, 0.2)))


@pytest.mark.parametrize("options", [{"shots": 20}, {"train_noise": True, "shots": 20}])
def test_values_go_on_from_a_saved_state(options: dict[str, int | bool]) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    with get_backend("aer_noisy", noise="fake_manila", **options) as backend:
        assert isinstance(backend, HasRandomState)
        draws(backend, pqc)
        state = json.loads(json.dumps(backend.random_state()))
        expected = draws(backend, pqc)
    with get_backend("aer_noisy", noise="fake_manila", seed=9, **options) as other:
        assert isinstance(other, HasRandomState)
        other.set_random_state(state)
        np.testing.assert_array_equal(draws(other, pqc), expected)
        assert not np.array_equal(draws(other, pqc), expected)


def test_a_device_gives_the_state_of_its_random_directions() -> None:
    with get_backend("ibm_runtime", device="fake_manila", seed=4) as backend:
        assert isinstance(backend, HasRandomState)
        state = backend.random_state()
        backend.set_random_state(json.loads(json.dumps(state)))
        assert backend.random_state() == state


@pytest.mark.parametrize("name", ["statevector", "aer_exact"])
def test_exact_backends_draw_nothing(name: str) -> None:
    with get_backend(name) as backend:
        assert not isinstance(backend, HasRandomState)
