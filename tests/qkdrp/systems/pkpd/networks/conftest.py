from collections.abc import Callable
from typing import Any

import pytest

from qkdrp.backends import get_backend
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.networks.regressor import Regressor
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.system import PkpdSystem

Made = tuple[Regressor, Preprocessor]
Make = Callable[..., Made]


@pytest.fixture(scope="session")
def make(estdata: Trial) -> Make:
    """Build a network in use, and the preprocessor of all subjects."""
    system = PkpdSystem()

    def made(model: str = "resqnn_moe", **settings: Any) -> Made:
        config = PkpdConfig.make(model={"model": model, **settings})
        fitted = system.fit_preprocessor(estdata, config)
        with get_backend("statevector") as backend:
            network = system.build(config, fitted, backend, 0)
        assert isinstance(network, Regressor)
        return network.eval(), fitted

    return made
