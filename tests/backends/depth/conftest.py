"""Snapshots that many tests share: making them takes a second."""

import pytest
from qiskit_ibm_runtime.fake_provider import FakeManilaV2, FakeTorino

from qkdrp.backends.depth.device import DeviceSnapshot, take_snapshot


@pytest.fixture(scope="session")
def torino() -> DeviceSnapshot:
    return take_snapshot(FakeTorino())


@pytest.fixture(scope="session")
def manila() -> DeviceSnapshot:
    return take_snapshot(FakeManilaV2())
