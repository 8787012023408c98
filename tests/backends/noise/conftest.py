"""Circuits and devices that many tests share: preparing them takes a second."""

from functools import cache

import pytest
from qiskit_ibm_runtime import fake_provider

from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.circuits import PQC, PQCSpec, build_pqc

DEVICES = {
    "fake_torino": fake_provider.FakeTorino,
    "fake_fez": fake_provider.FakeFez,
    "fake_sherbrooke": fake_provider.FakeSherbrooke,
}


@cache
def prepared_on(device: str) -> PreparedCircuit:
    """The (4,2,1) circuit on a device."""
    return AerNoisy(device).prepare(build_pqc(PQCSpec(4, 2, 1)))


@pytest.fixture(scope="session")
def pqc() -> PQC:
    return build_pqc(PQCSpec(4, 2, 1))


@pytest.fixture(scope="session")
def torino() -> PreparedCircuit:
    return prepared_on("fake_torino")
