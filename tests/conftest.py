import os
import signal
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

# Test processes run side by side: one thread each, unless a test asks for more. Read when OpenMP
# and BLAS are loaded, hence first.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from qiskit.transpiler import Target

    from qkdrp.backends.isa.prepare import PreparedCircuit
    from qkdrp.circuits import PQC
    from tests.runtime_server import RuntimeServer

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would the processes
# that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "qkdrp",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
# Shrinking a circuit takes minutes: ask for it with --hypothesis-profile=shrink.
settings.register_profile("shrink", settings.get_profile("qkdrp"), phases=tuple(Phase))
settings.load_profile("qkdrp")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    # A stable hash: the same numbers whatever the order or selection of tests.
    return np.random.default_rng(zlib.crc32(request.node.nodeid.encode()))


_PREPARED: dict[tuple[str, str], "PreparedCircuit"] = {}


@pytest.fixture(scope="session")
def _runtime_server() -> Iterator["RuntimeServer"]:
    from tests.runtime_server import serving  # the runtime client takes seconds to import

    with serving() as server:
        yield server


@pytest.fixture
def ibm(
    _runtime_server: "RuntimeServer", monkeypatch: pytest.MonkeyPatch
) -> Iterator["RuntimeServer"]:
    """The service on this machine, without jobs; the client finds it by the environment.

    Polling is quick, and circuits are prepared once for all tests.
    """
    from qkdrp.backends.runtime import device_circuits, job_collection
    from qkdrp.circuits.digest import pqc_digest

    def prepare_once(pqc: "PQC", target: "Target", device: str) -> "PreparedCircuit":
        key = pqc_digest(pqc), device
        if key not in _PREPARED:
            _PREPARED[key] = prepare(pqc, target, device)
        return _PREPARED[key]

    prepare = device_circuits.prepare
    monkeypatch.setattr(device_circuits, "prepare", prepare_once)
    monkeypatch.setattr(job_collection, "POLL_SECONDS", 0.05)
    _runtime_server.reset()
    for name, value in _runtime_server.environment.items():
        monkeypatch.setenv(name, value)
    yield _runtime_server
    assert _runtime_server.leaks == []
