import os
import zlib

# Test processes run side by side: one thread each, unless a test asks for more. Read when OpenMP
# and BLAS are loaded, hence first.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

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
